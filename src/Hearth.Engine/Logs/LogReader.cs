using Hearth.Engine.Store;

namespace Hearth.Engine.Logs;

/// <summary>Reads a VM's log, and follows it until the VM has ended.</summary>
public static class LogReader
{
    /// <summary>Gives the entries that the query asks for, in order.</summary>
    public static async Task ReadAsync(VmStore store, VmModel vm, LogQuery query, Func<LogEntry, ValueTask> sink, CancellationToken cancellationToken)
    {
        using FollowedFile? changes = query.Follow ? new FollowedFile(vm.Directory, "*.json*") : null;
        using RotatedLines lines = new(vm.LogFile, LogWriter.OlderFile(vm.LogFile));
        Queue<LogEntry> last = new();
        await lines.ReadAsync(Parsed(Keep), cancellationToken);
        while (last.TryDequeue(out LogEntry? entry))
        {
            await sink(entry);
        }

        while (changes is not null && MayGoOn(store, vm))
        {
            await changes.ChangedAsync(cancellationToken);
            await lines.ReadAsync(Parsed(Pass), cancellationToken);
        }

        // What was written between the last read and the end.
        await lines.ReadAsync(Parsed(Pass), cancellationToken);

        async ValueTask Keep(LogEntry entry)
        {
            if (!Wanted(entry))
            {
                return;
            }

            if (query.Tail is not { } tail)
            {
                await sink(entry);
                return;
            }

            last.Enqueue(entry);
            if (last.Count > tail)
            {
                last.Dequeue();
            }
        }

        ValueTask Pass(LogEntry entry) => Wanted(entry) ? sink(entry) : ValueTask.CompletedTask;

        static Func<ReadOnlyMemory<byte>, ValueTask> Parsed(Func<LogEntry, ValueTask> next) =>
            line => LogFormat.TryRead(line) is { } entry ? next(entry) : ValueTask.CompletedTask;

        bool Wanted(LogEntry entry) => !(entry.Time < query.Since) && !(entry.Time > query.Until);
    }

    /// <summary>A suspended VM has not ended.</summary>
    private static bool MayGoOn(VmStore store, VmModel vm)
    {
        try
        {
            return store.Reload(vm) is { IsActive: true } or { State.Status: Core.Specs.VmStatus.Suspended };
        }
        catch (Core.Errors.HearthException)
        {
            return false; // Removed: it has ended.
        }
    }
}
