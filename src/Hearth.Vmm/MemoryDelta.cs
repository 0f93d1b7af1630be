using System.Buffers.Binary;
using Hearth.Core.Errors;
using Hearth.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm;

// Theory of operation
//
// A child maps an immutable memory file privately. What it wrote since are pages that are in no file; they, and where they
// belong, are its delta. A delta is always relative to the memory file, never to another delta: pages that a restore laid
// over the file are private pages of the new process like all others, and are in its next delta. So there are no chains.
//
// Layout, little endian: a header of 32 bytes (magic "HMEMDLTA", u32 version, u32 page size, u64 memory bytes, u32 number of
// runs, u32 zero); the runs (u64 first page, u64 pages), in order, not touching backwards; zeros up to a multiple of the page
// size; the pages.

/// <summary>Pages of a guest's memory that lie over a memory file.</summary>
/// <param name="MemoryBytes">The whole memory's size.</param>
/// <param name="Runs">Which pages, in order.</param>
public sealed record MemoryDelta(long MemoryBytes, IReadOnlyList<PageRun> Runs)
{
    public const uint CurrentVersion = 1;

    private const int HeaderBytes = 32;
    private const int RunBytes = 16;
    private const int CopyBytes = 1 << 20;

    /// <summary>A guest of 512 GiB whose every other page is its own; the table of twice as many does not fit an array.</summary>
    private const uint MaxRuns = 1u << 26;

    private static ReadOnlySpan<byte> Magic => "HMEMDLTA"u8;

    /// <summary>Bytes of pages.</summary>
    public long PageBytes => Runs.Sum(static r => r.Count) * PageRun.PageBytes;

    /// <summary>Where the pages start in the file.</summary>
    public long DataOffset => RoundUp(HeaderBytes + ((long)Runs.Count * RunBytes));

    /// <summary>Reads and checks what stands before the pages.</summary>
    /// <exception cref="HearthException"><c>snapshot.corrupt</c>, <c>snapshot.newer</c>.</exception>
    public static MemoryDelta Read(SafeFileHandle file, string path)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (RandomAccess.Read(file, header, 0) != HeaderBytes || !header[..Magic.Length].SequenceEqual(Magic))
        {
            throw Corrupt(path, "it is not a memory delta");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (version != CurrentVersion)
        {
            throw new HearthException("snapshot.newer", $"{path} has format {version}; this hearth knows {CurrentVersion}.", "Use the newer hearth that made it.");
        }

        long memory = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        uint runs = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) != PageRun.PageBytes || memory <= 0 || memory % PageRun.PageBytes != 0 || runs > MaxRuns)
        {
            throw Corrupt(path, "its header makes no sense");
        }

        MemoryDelta delta = new(memory, ReadRuns(file, path, (int)runs, memory / PageRun.PageBytes));
        if (RandomAccess.GetLength(file) != delta.DataOffset + delta.PageBytes)
        {
            throw Corrupt(path, $"it has {RandomAccess.GetLength(file)} bytes instead of {delta.DataOffset + delta.PageBytes}");
        }

        return delta;
    }

    /// <summary>Writes header and runs; the pages follow at <see cref="DataOffset"/>.</summary>
    public void WriteHeader(SafeFileHandle file)
    {
        byte[] bytes = new byte[DataOffset];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), CurrentVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), PageRun.PageBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), MemoryBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), (uint)Runs.Count);
        int at = HeaderBytes;
        foreach (PageRun run in Runs)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), run.First);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at + 8), run.Count);
            at += RunBytes;
        }

        RandomAccess.Write(file, bytes, 0);
    }

    /// <summary>Hands every page on, in pieces of at most 1 MiB.</summary>
    /// <param name="file">The delta.</param>
    /// <param name="write">Gets an offset in the memory and the bytes that belong there.</param>
    public void CopyPages(SafeFileHandle file, Action<long, ReadOnlySpan<byte>> write)
    {
        using ReadyMemory memory = new(CopyBytes); // An array so large would stay in the heap of a supervisor for its life.
        Span<byte> buffer = memory.Span;
        long from = DataOffset;
        foreach (PageRun run in Runs)
        {
            long to = run.First * PageRun.PageBytes;
            long end = to + (run.Count * PageRun.PageBytes);
            while (to < end)
            {
                int want = (int)Math.Min(buffer.Length, end - to);
                int got = RandomAccess.Read(file, buffer[..want], from);
                if (got <= 0)
                {
                    throw new EndOfStreamException("The memory delta is shorter than its header says.");
                }

                write(to, buffer[..got]);
                to += got;
                from += got;
            }
        }
    }

    private static PageRun[] ReadRuns(SafeFileHandle file, string path, int count, long pages)
    {
        if (RandomAccess.GetLength(file) < HeaderBytes + ((long)count * RunBytes))
        {
            throw Corrupt(path, "it ends within its table");
        }

        byte[] bytes = new byte[count * RunBytes];
        if (RandomAccess.Read(file, bytes, HeaderBytes) != bytes.Length)
        {
            throw Corrupt(path, "it ends within its table");
        }

        PageRun[] runs = new PageRun[count];
        long next = 0;
        for (int i = 0; i < count; i++)
        {
            runs[i] = new PageRun(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(i * RunBytes)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan((i * RunBytes) + 8)));
            if (runs[i].First < next || runs[i].Count <= 0 || runs[i].First > pages || runs[i].Count > pages - runs[i].First)
            {
                throw Corrupt(path, $"its run {i} lies outside of the memory or out of order");
            }

            next = runs[i].First + runs[i].Count;
        }

        return runs;
    }

    private static long RoundUp(long bytes) => (bytes + PageRun.PageBytes - 1) / PageRun.PageBytes * PageRun.PageBytes;

    private static HearthException Corrupt(string path, string why) =>
        new("snapshot.corrupt", $"{path} cannot be used: {why}.", "Remove the snapshot and make it again.");
}
