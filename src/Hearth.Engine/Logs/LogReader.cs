using Hearth.Engine.Store;

namespace Hearth.Engine.Logs;

/// <summary>Reads a VM's log, and follows it until the VM has ended.</summary>
public static class LogReader
{
    /// <summary>Gives the entries that the query asks for, in order.</summary>
    public static async Task ReadAsync(VmStore store, VmModel vm, LogQuery query, Func<LogEntry, ValueTask> sink, CancellationToken cancellationToken)
    {
        using FollowedFile? changes = query.Follow ? new FollowedFile(vm.Directory, "*.json*") : null;
        LineFile current = new(vm.LogFile);
        Queue<LogEntry> last = new();
        await new LineFile(LogWriter.OlderFile(vm.LogFile)).ReadAsync(Keep, cancellationToken);
        await current.ReadAsync(Keep, cancellationToken);
        while (last.TryDequeue(out LogEntry? entry))
        {
            await sink(entry);
        }

        while (changes is not null && IsActive(store, vm))
        {
            await changes.ChangedAsync(cancellationToken);
            await current.ReadAsync(Pass, cancellationToken);
        }

        // What was written between the last read and the end.
        await current.ReadAsync(Pass, cancellationToken);

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

        bool Wanted(LogEntry entry) => !(entry.Time < query.Since) && !(entry.Time > query.Until);
    }

    private static bool IsActive(VmStore store, VmModel vm)
    {
        try
        {
            return store.Reload(vm).IsActive;
        }
        catch (Core.Errors.HearthException)
        {
            return false; // Removed: it has ended.
        }
    }

    /// <summary>A file of lines that grows and may be renamed away: after that, the file of that name now.</summary>
    private sealed class LineFile(string path)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private long _offset;
        private byte[] _partial = [];

        public async Task ReadAsync(Func<LogEntry, ValueTask> sink, CancellationToken cancellationToken)
        {
            FileStream file;
            try
            {
                file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return;
            }

            await using (file)
            {
                if (file.Length < _offset)
                {
                    _offset = 0;
                    _partial = [];
                }

                file.Position = _offset;
                for (int got; (got = await file.ReadAsync(_buffer, cancellationToken)) > 0;)
                {
                    _offset += got;
                    await SplitAsync(_buffer.AsMemory(0, got), sink);
                }
            }
        }

        private async Task SplitAsync(ReadOnlyMemory<byte> bytes, Func<LogEntry, ValueTask> sink)
        {
            for (int end; (end = bytes.Span.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
            {
                ReadOnlyMemory<byte> line = _partial.Length == 0 ? bytes[..end] : (byte[])[.. _partial, .. bytes[..end].Span];
                _partial = [];
                if (LogFormat.TryRead(line) is { } entry)
                {
                    await sink(entry);
                }
            }

            _partial = [.. _partial, .. bytes.Span];
        }
    }
}
