using System.Globalization;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Memory;

/// <summary>
/// Another process's memory, by proc(5): <c>maps</c> says where things are, <c>pagemap</c> which pages are its own, <c>mem</c>
/// reads and writes them. Needs what ptrace(2) needs: the same user, or CAP_SYS_PTRACE. The process should stand still.
/// </summary>
public sealed partial class ProcessMemory : IDisposable
{
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
