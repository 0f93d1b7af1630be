using Hearth.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm.Qemu;

// Theory of operation
//
// While the guest stands, its pages are only copied, into memory that is there already: a write to a file costs as much again,
// and stands still itself when the file system is busy (35 ms for 13 MB were seen). How much memory that takes is known from
// a look at the guest before; it is a little more by then, and what there is no room for is written at once.
//
//   made      the guest runs: its pages are counted, the file and the memory are made
//   Take      it stands: which pages they are, and what is in them
//   Finish    it runs again: header and pages are written

/// <summary>Saves what a guest's memory holds beyond the file that it was started from.</summary>
internal sealed class MemorySave : IDisposable
{
    /// <summary>What a snapshot takes for its pause and gives back after it; a guest that has written more waits for the file.</summary>
    private const int MostReadyBytes = 64 << 20;

    /// <summary>What a guest is expected to write between the look and the pause, beside an eighth of what it has written.</summary>
    private const int SpareBytes = 1 << 20;

    /// <summary>At once, of the pages that there was no room for.</summary>
    private const int CopyBytes = 1 << 20;

    private readonly ProcessMemory _memory;
    private readonly MemoryMapping _mapping;
    private readonly long _memoryBytes;
    private readonly SafeFileHandle _file;
    private readonly ReadyMemory _ready;
    private MemoryDelta? _delta;
    private int _held;

    /// <param name="memory">The VMM's; owned from here.</param>
    /// <param name="mapping">The guest's memory in it.</param>
    /// <param name="memoryBytes">Its size.</param>
    /// <param name="file">New and empty; owned from here.</param>
    public MemorySave(ProcessMemory memory, MemoryMapping mapping, long memoryBytes, SafeFileHandle file)
    {
        _memory = memory;
        _mapping = mapping;
        _memoryBytes = memoryBytes;
        _file = file;
        long now = memory.PrivatePages(mapping).Sum(static r => r.Count) * PageRun.PageBytes;
        long pages = Math.Min(MostReadyBytes, now + (now / 8) + SpareBytes) / PageRun.PageBytes;
        _ready = new ReadyMemory((int)(pages * PageRun.PageBytes));
    }

    public void Take()
    {
        MemoryDelta delta = new(_memoryBytes, _memory.PrivatePages(_mapping));
        PageCursor cursor = default;
        _held = _memory.ReadPages(_mapping, delta.Runs, ref cursor, _ready.Span);
        if (cursor.Run < delta.Runs.Count)
        {
            using ReadyMemory part = new(CopyBytes);
            long at = delta.DataOffset + _held;
            for (int got; (got = _memory.ReadPages(_mapping, delta.Runs, ref cursor, part.Span)) > 0; at += got)
            {
                RandomAccess.Write(_file, part.Span[..got], at);
            }
        }

        _delta = delta;
    }

    /// <returns>Bytes of pages.</returns>
    public long Finish()
    {
        MemoryDelta delta = _delta ?? throw new InvalidOperationException("The memory was not taken.");
        RandomAccess.Write(_file, _ready.Span[.._held], delta.DataOffset);
        delta.WriteHeader(_file);
        return delta.PageBytes;
    }

    public void Dispose()
    {
        _ready.Dispose();
        _file.Dispose();
        _memory.Dispose();
    }
}
