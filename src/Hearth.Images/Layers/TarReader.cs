using System.Text;
using Hearth.Core.Errors;

namespace Hearth.Images.Layers;

/// <summary>
/// Reads the entries of one layer in order. System.Formats.Tar is not used: it knows no sparse files, decodes attribute values as
/// text (a file capability is binary), and accepts what a registry must not be able to send.
///
/// Theory: an archive is a row of 512-byte headers, each followed by its content padded to whole blocks. Extension headers (PAX
/// 'x' and 'g', GNU 'L' and 'K') speak about the next ordinary header. Two blocks of zeros end it; a stream that ends between two
/// entries is taken as ended too, as tar(1) does. Content that the caller leaves is skipped by the next call.
/// </summary>
internal sealed class TarReader(LayerReader reader)
{
    private readonly TarExtensions _extensions = new();
    private readonly byte[] _block = new byte[TarBlock.Size];
    private long _stored;
    private int _padding;
    private string? _path;

    /// <summary>The next entry; null at the end, when the stream was read and checked to its last byte.</summary>
    public TarEntry? Next()
    {
        reader.Skip(_stored + _padding, _path);
        (_stored, _padding, _path) = (0, 0, null);
        while (reader.TryRead(_block, null))
        {
            if (_block.AsSpan().IndexOfAnyExcept((byte)0) < 0)
            {
                Finish();
                return null;
            }

            if (!TarBlock.HasValidChecksum(_block))
            {
                throw Invalid("a header has a wrong checksum");
            }

            if (!TakeExtension())
            {
                TarEntry entry = ReadEntry();
                _extensions.Reset();
                return entry;
            }
        }

        return !_extensions.HaveAny ? null : throw reader.Truncated(null);
    }

    /// <summary>
    /// The next run of the current file's stored bytes (of a sparse file: its pieces without the holes); empty at their end.
    /// </summary>
    public ReadOnlySpan<byte> NextContent(long most = long.MaxValue)
    {
        if (_stored == 0)
        {
            return [];
        }

        ReadOnlySpan<byte> bytes = reader.Next(Math.Min(_stored, most));
        _stored -= bytes.IsEmpty ? throw reader.Truncated(_path) : bytes.Length;
        return bytes;
    }

    private void Finish()
    {
        if (_extensions.HaveAny)
        {
            throw reader.Truncated(null);
        }

        // What follows is padding to the writer's record size; it is read so that checksums of the compression are verified.
        while (reader.Next(long.MaxValue) is { IsEmpty: false } rest)
        {
            if (rest.IndexOfAnyExcept((byte)0) >= 0)
            {
                throw Invalid("data follows the end of the archive");
            }
        }
    }

    private bool TakeExtension()
    {
        char type = (char)_block[156];
        if (type is not ('x' or 'X' or 'g' or 'L' or 'K'))
        {
            return false;
        }

        long size = Number(124, 12, "size");
        if (size is < 0 or > LayerLimits.ExtensionBytes)
        {
            throw Invalid($"an extension header of {size} bytes is longer than {LayerLimits.ExtensionBytes}");
        }

        byte[] body = new byte[size];
        reader.Read(body, null);
        reader.Skip(TarBlock.Padding(size), null);
        switch (type)
        {
            case 'L':
                _extensions.LongName = TarBlock.Text(body);
                return true;
            case 'K':
                _extensions.LongLink = TarBlock.Text(body);
                return true;
            default:
                bool sound = type == 'g' ? _extensions.TryAddGlobal(body) : _extensions.TryAddLocal(body);
                return sound ? true : throw Invalid("a PAX header is malformed");
        }
    }

    private TarEntry ReadEntry()
    {
        string name = Name();
        _path = name;
        TarEntryKind kind = Kind(name);
        long size = Number(124, 12, "size");
        size = Extended("size", size);
        if (size < 0)
        {
            throw Invalid("it has a negative size");
        }

        var entry = new TarEntry(name, kind)
        {
            Mode = (int)(Number(100, 8, "mode") & 0xfff),
            UserId = Identity("uid", 108),
            GroupId = Identity("gid", 116),
            ModifiedSeconds = Modified(),
            Attributes = Attributes(),
        };
        if (kind != TarEntryKind.File)
        {
            // Only files have content; some writers leave the size of the linked file in a hard link's header.
            return entry with { LinkName = LinkName(kind), DeviceMajor = Device(kind, 329), DeviceMinor = Device(kind, 337) };
        }

        _stored = size;
        _padding = TarBlock.Padding(size);
        return Sparse(entry);
    }

    private string Name()
    {
        string? extended = _extensions.Find("GNU.sparse.name") is { } sparse ? Encoding.Latin1.GetString(sparse)
            : _extensions.Find("path") is { } path ? Encoding.Latin1.GetString(path)
            : _extensions.LongName;
        if (extended is not null)
        {
            return extended;
        }

        string name = TarBlock.Text(_block.AsSpan(0, 100));

        // GNU archives ("ustar  ") keep other things where POSIX ones keep the prefix.
        bool posix = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        string prefix = posix ? TarBlock.Text(_block.AsSpan(345, 155)) : string.Empty;
        return prefix.Length > 0 ? $"{prefix}/{name}" : name;
    }

    private string LinkName(TarEntryKind kind)
    {
        if (kind is not (TarEntryKind.HardLink or TarEntryKind.SymbolicLink))
        {
            return string.Empty;
        }

        string link = _extensions.Find("linkpath") is { } path ? Encoding.Latin1.GetString(path)
            : _extensions.LongLink ?? TarBlock.Text(_block.AsSpan(157, 100));
        return link.Length is > 0 and < LayerLimits.PathBytes && !link.Contains('\0')
            ? link
            : throw Invalid(link.Length == 0 ? "it links to nothing" : "its link target is too long or holds a zero byte");
    }

    private TarEntryKind Kind(string name) => (char)_block[156] switch
    {
        // Archives older than POSIX mark a directory by a slash at the end of its name.
        '0' or '\0' when name.EndsWith('/') => TarEntryKind.Directory,
        '0' or '\0' or '7' or 'S' => TarEntryKind.File,
        '1' => TarEntryKind.HardLink,
        '2' => TarEntryKind.SymbolicLink,
        '3' => TarEntryKind.CharacterDevice,
        '4' => TarEntryKind.BlockDevice,
        '5' => TarEntryKind.Directory,
        '6' => TarEntryKind.Fifo,
        char type => throw Invalid($"entries of type {(int)type} are not known"),
    };

    private uint Identity(string keyword, int offset)
    {
        long id = Extended(keyword, Number(offset, 8, keyword));
        return id is >= 0 and < uint.MaxValue ? (uint)id : throw Invalid($"its {keyword} {id} is out of range");
    }

    private long Modified()
    {
        if (_extensions.Find("mtime") is not { } text)
        {
            return Number(136, 12, "mtime");
        }

        return PaxRecords.TrySeconds(text, out long seconds) ? seconds : throw Invalid("its time is not a number");
    }

    private uint Device(TarEntryKind kind, int offset)
    {
        if (kind is not (TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice))
        {
            return 0;
        }

        // Linux has 12 bits of major and 20 bits of minor number (include/linux/kdev_t.h).
        long number = Number(offset, 8, "device number");
        return number >= 0 && number < (offset == 329 ? 1 << 12 : 1 << 20) ? (uint)number : throw Invalid($"its device number {number} is out of range");
    }

    private List<KeyValuePair<string, byte[]>> Attributes()
    {
        List<KeyValuePair<string, byte[]>> attributes = _extensions.Attributes();
        foreach ((string name, byte[] value) in attributes)
        {
            if (name.Length is 0 or > LayerLimits.NameBytes || name.Contains('\0') || value.Length > LayerLimits.AttributeBytes)
            {
                throw Invalid("an extended attribute is too long or has no proper name");
            }
        }

        return attributes;
    }

    private TarEntry Sparse(TarEntry entry)
    {
        var pieces = new List<SparsePiece>();
        long size;
        bool sound;
        if (_block[156] == 'S')
        {
            size = Number(483, 12, "real size");
            sound = SparseMap.TryReadOldGnu(_block, reader, entry.Name, pieces);
        }
        else if (_extensions.Find("GNU.sparse.major") is { } major)
        {
            size = Extended("GNU.sparse.realsize", -1);
            sound = major.AsSpan().SequenceEqual("1"u8) && SparseMap.TryReadFront(reader, entry.Name, ref _stored, pieces);
        }
        else if (_extensions.Find("GNU.sparse.size") is not null)
        {
            size = Extended("GNU.sparse.size", -1);
            sound = SparseMap.TryFromRecords(_extensions, pieces);
        }
        else
        {
            return entry with { Size = _stored };
        }

        return sound && size >= 0 && SparseMap.IsSound(pieces, size, _stored)
            ? entry with { Size = size, Pieces = pieces }
            : throw Invalid("its map of a sparse file is malformed");
    }

    private long Extended(string keyword, long otherwise)
    {
        if (_extensions.Find(keyword) is not { } text)
        {
            return otherwise;
        }

        return PaxRecords.TryDecimal(text, out long number) ? number : throw Invalid($"its {keyword} is not a number");
    }

    private long Number(int offset, int length, string field) =>
        TarBlock.TryNumber(_block.AsSpan(offset, length), out long number) ? number : throw Invalid($"its {field} is not a number");

    private HearthException Invalid(string cause) => LayerErrors.Invalid(reader.Layer, _path, cause);
}
