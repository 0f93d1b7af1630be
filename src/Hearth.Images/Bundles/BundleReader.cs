using System.Security.Cryptography;
using Hearth.Core.Errors;
using Hearth.Images.Layers;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Images.Bundles;

/// <summary>Reads a bundle from its first byte to its last. Its names and sizes are a stranger's: nothing is unpacked by itself.</summary>
public sealed class BundleReader : IDisposable
{
    /// <summary>256 GiB: more than a guest has memory. What is written is bounded by its own size and the free space as well.</summary>
    private const long MostBytes = 256L << 30;

    private const string Subject = "bundle";

    private readonly LayerReader _bytes;
    private readonly TarReader _tar;
    private TarEntry? _entry;

    internal BundleReader(Stream archive)
    {
        _bytes = new LayerReader(new LayerSource(Subject, "", ""), archive, new LayerLimits(MostBytes));
        _tar = new TarReader(_bytes);
    }

    /// <summary>The next file; null at the end, when the archive was read and checked to its last byte.</summary>
    /// <exception cref="InvalidDataException">It is damaged, cut short, or has something that is not a file.</exception>
    public BundleEntry? Next() => Guarded(() =>
    {
        _entry = _tar.Next();
        if (_entry is null)
        {
            return null;
        }

        return _entry.Kind == TarEntryKind.File
            ? new BundleEntry(_entry.Name, _entry.Size, _entry.Pieces?.Sum(static p => p.Length) ?? _entry.Size)
            : throw new InvalidDataException($"'{LayerErrors.Printable(_entry.Name)}' is not a file");
    });

    /// <summary>The current file's content.</summary>
    /// <param name="most">More bytes are an error.</param>
    public byte[] ReadAll(int most) => Guarded(() =>
    {
        TarEntry entry = _entry!;
        if (entry.Size > most || entry.Pieces is not null)
        {
            throw new InvalidDataException($"'{LayerErrors.Printable(entry.Name)}' has {entry.Size} bytes, and {most} is the most allowed");
        }

        byte[] content = new byte[entry.Size];
        int done = 0;
        while (_tar.NextContent() is { IsEmpty: false } next)
        {
            next.CopyTo(content.AsSpan(done));
            done += next.Length;
        }

        return content;
    });

    /// <summary>Writes the current file's data to where it belongs in an empty file, or nowhere.</summary>
    /// <param name="target">Gets the file's size; null only reads.</param>
    /// <param name="take">Told of every piece before it is written, in bytes; ends it by throwing.</param>
    /// <returns>The digest, as in <see cref="PackedFile.Sha256"/>.</returns>
    public string Extract(SafeFileHandle? target, Action<long> take) => Guarded(() =>
    {
        TarEntry entry = _entry!;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (entry.Pieces is { } sparse)
        {
            hash.AppendData(SparseMapText.Encode(sparse));
        }

        if (target is not null)
        {
            RandomAccess.SetLength(target, entry.Size);
        }

        foreach (SparsePiece piece in entry.Pieces ?? [new SparsePiece(0, entry.Size)])
        {
            for (long at = piece.Offset; at < piece.Offset + piece.Length;)
            {
                ReadOnlySpan<byte> bytes = _tar.NextContent(piece.Offset + piece.Length - at);
                hash.AppendData(bytes);
                if (target is not null)
                {
                    take(bytes.Length);
                    RandomAccess.Write(target, bytes, at);
                }

                at += bytes.Length;
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    });

    public void Dispose() => _bytes.Dispose();

    /// <summary>The archive's own errors speak of layers.</summary>
    private static T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (HearthException e) when (e.Code == LayerErrors.Code)
        {
            throw new InvalidDataException(e.Message[$"Layer {Subject}".Length..].TrimStart(',', ':', ' ').TrimEnd('.'), e);
        }
    }
}
