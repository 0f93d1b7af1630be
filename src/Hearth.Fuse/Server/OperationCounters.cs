using System.Diagnostics;
using Hearth.Fuse.Messages;

namespace Hearth.Fuse.Server;

/// <summary>How often each operation was served, with what outcome, and how long it took.</summary>
public sealed class OperationCounters
{
    private const int Operations = 64;

    private readonly long[] _count = new long[Operations];
    private readonly long[] _failed = new long[Operations];
    private readonly long[] _ticks = new long[Operations];
    private readonly long[] _longest = new long[Operations];

    /// <summary>How often it was served.</summary>
    public long CountOf(FuseOperation operation) => Volatile.Read(ref _count[Index(operation)]);

    /// <summary>Every operation that was served at least once.</summary>
    public IEnumerable<OperationCount> All() =>
        from operation in Enumerable.Range(0, Operations)
        let count = Volatile.Read(ref _count[operation])
        where count > 0
        select new OperationCount(
            (FuseOperation)operation,
            count,
            Volatile.Read(ref _failed[operation]),
            Stopwatch.GetElapsedTime(0, Volatile.Read(ref _ticks[operation])),
            Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longest[operation])));

    internal void Add(FuseOperation operation, bool failed, long ticks)
    {
        int index = Index(operation);
        Interlocked.Increment(ref _count[index]);
        Interlocked.Add(ref _ticks[index], ticks);
        if (failed)
        {
            Interlocked.Increment(ref _failed[index]);
        }

        if (ticks > Volatile.Read(ref _longest[index]))
        {
            Volatile.Write(ref _longest[index], ticks); // Two at once may lose one: it is an indication.
        }
    }

    private static int Index(FuseOperation operation) => (uint)operation < Operations ? (int)operation : 0;
}
