using System.Text;

namespace Hearth.Images.Layers;

/// <summary>
/// Writes one archive: ustar headers, with a PAX header in front where ustar has no room. Holes of sparse files are written as
/// zeros; the maker of the file system turns them into holes again.
/// </summary>
internal sealed class TarWriter(Stream output)
{
    private const int BufferBytes = 256 * 1024;
    private const long LargestOctal7 = 0x1fffff;
    private const long LargestOctal11 = 0x1ffffffff;

    private static readonly byte[] s_zeros = new byte[64 * 1024];

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly List<byte> _extension = [];
    private int _used;

    /// <summary>Writes an entry's header under <paramref name="name"/>; the content of a file follows by <see cref="Write"/>.</summary>
    public void WriteHeader(string name, TarEntry entry)
    {
        _extension.Clear();
        WriteFileHeader(name, entry);
    }

    /// <summary>
    /// As <see cref="WriteHeader"/>, for a file without its holes (PAX sparse format 1.0): the map of its data and the data follow.
    /// </summary>
    /// <param name="name">As for any file.</param>
    /// <param name="entry">With the file's whole size.</param>
    /// <param name="storedBytes">Of map and data.</param>
    public void WriteSparseHeader(string name, TarEntry entry, long storedBytes)
    {
        _extension.Clear();
        PaxRecords.Append(_extension, "GNU.sparse.major", "1"u8);
        PaxRecords.Append(_extension, "GNU.sparse.minor", "0"u8);
        PaxRecords.Append(_extension, "GNU.sparse.name", Encoding.Latin1.GetBytes(name));
        PaxRecords.Append(_extension, "GNU.sparse.realsize", Encoding.Latin1.GetBytes($"{entry.Size}"));
        WriteFileHeader($"GNUSparseFile.0/{name}", entry with { Size = storedBytes });
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_used == _buffer.Length)
            {
                Flush();
            }

            int count = Math.Min(bytes.Length, _buffer.Length - _used);
            bytes[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            bytes = bytes[count..];
        }
    }

    public void WriteZeros(long count)
    {
        while (count > 0)
        {
            int length = (int)Math.Min(count, s_zeros.Length);
            Write(s_zeros.AsSpan(0, length));
            count -= length;
        }
    }

    /// <summary>Writes the two blocks of zeros that end an archive, and everything held back.</summary>
    public void Finish()
    {
        WriteZeros(2 * TarBlock.Size);
        Flush();
        output.Flush();
    }

    private void WriteFileHeader(string name, TarEntry entry)
    {
        Span<byte> block = stackalloc byte[TarBlock.Size];
        block.Clear();
        Text(block[..100], name, "path");
        Number(block.Slice(100, 8), entry.Mode);
        Identity(block.Slice(108, 8), entry.UserId, "uid");
        Identity(block.Slice(116, 8), entry.GroupId, "gid");
        Wide(block.Slice(124, 12), entry.Size, "size");
        Number(block.Slice(136, 12), Math.Clamp(entry.ModifiedSeconds, 0, uint.MaxValue));
        block[156] = (byte)Type(entry.Kind);
        Text(block.Slice(157, 100), entry.LinkName, "linkpath");
        if (entry.Kind is TarEntryKind.CharacterDevice or TarEntryKind.BlockDevice)
        {
            Number(block.Slice(329, 8), entry.DeviceMajor);
            Number(block.Slice(337, 8), entry.DeviceMinor);
        }

        foreach ((string attribute, byte[] value) in entry.Attributes)
        {
            PaxRecords.Append(_extension, PaxRecords.AttributePrefix + attribute, value);
        }

        WriteExtension();
        Seal(block);
    }

    private static char Type(TarEntryKind kind) => kind switch
    {
        TarEntryKind.File => '0',
        TarEntryKind.HardLink => '1',
        TarEntryKind.SymbolicLink => '2',
        TarEntryKind.CharacterDevice => '3',
        TarEntryKind.BlockDevice => '4',
        TarEntryKind.Directory => '5',
        _ => '6',
    };

    private static void Number(Span<byte> field, long value)
    {
        field[^1] = 0;
        for (int i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }

    private void Text(Span<byte> field, string text, string keyword)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        bytes.AsSpan(0, Math.Min(bytes.Length, field.Length)).CopyTo(field);
        if (bytes.Length > field.Length)
        {
            PaxRecords.Append(_extension, keyword, bytes);
        }
    }

    private void Identity(Span<byte> field, uint id, string keyword)
    {
        Number(field, Math.Min(id, LargestOctal7));
        if (id > LargestOctal7)
        {
            PaxRecords.Append(_extension, keyword, Encoding.Latin1.GetBytes($"{id}"));
        }
    }

    private void Wide(Span<byte> field, long value, string keyword)
    {
        Number(field, Math.Min(value, LargestOctal11));
        if (value > LargestOctal11)
        {
            PaxRecords.Append(_extension, keyword, Encoding.Latin1.GetBytes($"{value}"));
        }
    }

    private void WriteExtension()
    {
        if (_extension.Count == 0)
        {
            return;
        }

        Span<byte> block = stackalloc byte[TarBlock.Size];
        block.Clear();
        "pax"u8.CopyTo(block);
        Number(block.Slice(100, 8), 0x1a4);
        Number(block.Slice(108, 8), 0);
        Number(block.Slice(116, 8), 0);
        Number(block.Slice(124, 12), _extension.Count);
        Number(block.Slice(136, 12), 0);
        block[156] = (byte)'x';
        Seal(block);
        Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_extension));
        WriteZeros(TarBlock.Padding(_extension.Count));
    }

    private void Seal(Span<byte> block)
    {
        "ustar\000"u8.CopyTo(block[257..]);
        Number(block.Slice(TarBlock.ChecksumOffset, TarBlock.ChecksumLength - 1), TarBlock.Sums(block).Unsigned);
        block[TarBlock.ChecksumOffset + TarBlock.ChecksumLength - 1] = (byte)' ';
        Write(block);
    }

    private void Flush()
    {
        output.Write(_buffer, 0, _used);
        _used = 0;
    }
}
