using System.Globalization;
using System.Runtime.InteropServices;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Memory;

/// <summary>
/// Another process's memory, by proc(5): <c>maps</c> says where things are, <c>pagemap</c> which pages are its own, <c>mem</c>
/// reads and writes them. Needs what ptrace(2) needs: the same user, or CAP_SYS_PTRACE. The process should stand still.
/// </summary>
public sealed class ProcessMemory : IDisposable
{
    // Documentation/admin-guide/mm/pagemap.rst
    private const ulong Present = 1UL << 63;
    private const ulong Swapped = 1UL << 62;
    private const ulong FileOrShared = 1UL << 61;
    private const int EntryBytes = 8;
    private const int EntriesAtOnce = 64 * 1024;

    private readonly int _pid;
    private readonly SafeFileHandle _memory;

    private ProcessMemory(int pid, SafeFileHandle memory)
    {
        _pid = pid;
        _memory = memory;
    }

    /// <exception cref="IOException">It is gone, or may not be looked into.</exception>
    public static ProcessMemory Open(int pid) =>
        new(pid, File.OpenHandle($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/mem", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));

    /// <summary>The mapping of a whole file, whatever name it is known by there.</summary>
    public MemoryMapping? FindFile(string path, long length)
    {
        if (!FileStatus.TryRead(path, follow: true, out FileStatus file))
        {
            return null;
        }

        foreach (MapsLine line in Lines())
        {
            // Not by the device: on btrfs and overlayfs maps and stat(2) give different ones.
            if (line.Inode == file.Inode && line.Length == length)
            {
                return new MemoryMapping(line.Address, line.Length);
            }
        }

        return null;
    }

    /// <summary>The one private anonymous mapping of exactly this length; null when there is none, or more than one.</summary>
    public MemoryMapping? FindAnonymous(long length)
    {
        MapsLine[] all = [.. Lines().Where(l => l.Inode == 0 && l.Length == length && l.Mode.StartsWith("rw", StringComparison.Ordinal)).Take(2)];
        return all.Length == 1 ? new MemoryMapping(all[0].Address, length) : null;
    }

    /// <summary>
    /// The pages that are in no file: written by the process since a private mapping was made, in memory or swapped out. Counted
    /// from the mapping's start, in order.
    /// </summary>
    public List<PageRun> PrivatePages(MemoryMapping mapping)
    {
        List<PageRun> runs = [];
        using SafeFileHandle pagemap = File.OpenHandle($"/proc/{_pid.ToString(CultureInfo.InvariantCulture)}/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] buffer = new byte[EntriesAtOnce * EntryBytes];
        long pages = mapping.Length / PageRun.PageBytes;
        long start = mapping.Address / PageRun.PageBytes;
        long runStart = -1;
        for (long page = 0; page < pages; page += EntriesAtOnce)
        {
            int count = (int)Math.Min(EntriesAtOnce, pages - page);
            ReadExactly(pagemap, buffer.AsSpan(0, count * EntryBytes), (start + page) * EntryBytes);
            ReadOnlySpan<ulong> entries = MemoryMarshal.Cast<byte, ulong>(buffer.AsSpan(0, count * EntryBytes));
            for (int i = 0; i < count; i++)
            {
                ulong entry = entries[i];
                bool own = (entry & (Present | Swapped)) != 0 && (entry & FileOrShared) == 0;
                if (own && runStart < 0)
                {
                    runStart = page + i;
                }
                else if (!own && runStart >= 0)
                {
                    runs.Add(new PageRun(runStart, page + i - runStart));
                    runStart = -1;
                }
            }
        }

        if (runStart >= 0)
        {
            runs.Add(new PageRun(runStart, pages - runStart));
        }

        return runs;
    }

    public void Read(long address, Span<byte> destination) => ReadExactly(_memory, destination, address);

    public void Write(long address, ReadOnlySpan<byte> source) => RandomAccess.Write(_memory, source, address);

    public void Dispose() => _memory.Dispose();

    private static void ReadExactly(SafeFileHandle file, Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            int got = RandomAccess.Read(file, destination, offset);
            if (got == 0)
            {
                throw new EndOfStreamException("The process's memory ends before the mapping does.");
            }

            destination = destination[got..];
            offset += got;
        }
    }

    private IEnumerable<MapsLine> Lines()
    {
        foreach (string text in File.ReadLines($"/proc/{_pid.ToString(CultureInfo.InvariantCulture)}/maps"))
        {
            if (MapsLine.TryParse(text) is { } line)
            {
                yield return line;
            }
        }
    }
}
