using System.Numerics;
using System.Security.Cryptography;
using Hearth.Images.Layers;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Images.Bundles;

/// <summary>A file as a bundle stores it: without its holes and pages of zeros. It must not change from here until it is written.</summary>
public sealed class PackedFile
{
    /// <summary>A page of memory, and a block of the file systems in use.</summary>
    private const int LeastBlockBytes = 4096;

    private const int BufferBytes = 1 << 20;

    private PackedFile(string name, string path, long size, IReadOnlyList<SparsePiece> pieces)
    {
        Name = name;
        Path = path;
        Size = size;
        Pieces = pieces;
        DataBytes = pieces.Sum(static p => p.Length);
        Map = DataBytes == size ? [] : SparseMapText.Encode(pieces);
        Sha256 = Hash();
    }

    /// <summary>Its name in the bundle.</summary>
    public string Name { get; }

    /// <summary>With its holes, in bytes.</summary>
    public long Size { get; }

    /// <summary>What it takes when it is unpacked, in bytes.</summary>
    public long DataBytes { get; }

    /// <summary>Over the bytes that the archive holds for it: of a file without holes, over the file. 64 hexadecimal digits.</summary>
    public string Sha256 { get; }

    internal string Path { get; }

    internal IReadOnlyList<SparsePiece> Pieces { get; }

    /// <summary>Empty when the file is stored whole.</summary>
    internal byte[] Map { get; }

    /// <summary>Reads the file twice: for what is zero in it, and for its digest.</summary>
    public static PackedFile Scan(string name, string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long size = RandomAccess.GetLength(file);
        return new PackedFile(name, path, size, FindData(file, size));
    }

    /// <summary>Hands on what the file holds, piece by piece.</summary>
    internal void Read(Action<ReadOnlySpan<byte>> next)
    {
        using SafeFileHandle file = File.OpenHandle(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] buffer = new byte[BufferBytes];
        foreach (SparsePiece piece in Pieces)
        {
            for (long at = piece.Offset; at < piece.Offset + piece.Length;)
            {
                int got = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, piece.Offset + piece.Length - at)), at);
                if (got == 0)
                {
                    throw new EndOfStreamException($"{Path} became shorter while it was read.");
                }

                next(buffer.AsSpan(0, got));
                at += got;
            }
        }
    }

    private static List<SparsePiece> FindData(SafeFileHandle file, long size)
    {
        // So that the map never has more pieces than a reader takes, were every other block of the largest file empty.
        int block = (int)Math.Max(LeastBlockBytes, BitOperations.RoundUpToPowerOf2((ulong)(size / LayerLimits.SparsePieces)));
        byte[] buffer = new byte[Math.Max(BufferBytes, block)];
        List<SparsePiece> pieces = [];
        long done = 0;
        foreach ((long offset, long length) in SparseFile.DataRuns(file))
        {
            long end = Math.Min(size, offset + length);
            for (long at = Math.Max(done, offset / block * block); at < end;)
            {
                int got = RandomAccess.Read(file, buffer, at);
                for (int i = 0; i < got && at + i < end; i += block)
                {
                    ReadOnlySpan<byte> part = buffer.AsSpan(i, Math.Min(block, got - i));
                    if (part.IndexOfAnyExcept((byte)0) >= 0)
                    {
                        Add(pieces, at + i, part.Length);
                    }
                }

                at = got > 0 ? at + got : end;
                done = Math.Max(done, (Math.Min(at, end) + block - 1) / block * block);
            }
        }

        // GNU tar takes the file's size from where its last piece ends.
        if (pieces.Count == 0 ? size > 0 : pieces[^1].Offset + pieces[^1].Length < size)
        {
            pieces.Add(new SparsePiece(size, 0));
        }

        return pieces;
    }

    private static void Add(List<SparsePiece> pieces, long offset, int length)
    {
        if (pieces.Count > 0 && pieces[^1] is var last && last.Offset + last.Length == offset)
        {
            pieces[^1] = last with { Length = last.Length + length };
        }
        else
        {
            pieces.Add(new SparsePiece(offset, length));
        }
    }

    private string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Map);
        Read(hash.AppendData);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
