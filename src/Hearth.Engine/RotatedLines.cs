using Hearth.Linux.Files;

namespace Hearth.Engine;

// A writer that finds its file full renames it to the older name, over what was there, and begins a new one. A reader
// therefore knows a file by its descriptor, not by its name: it reads the one that it holds to the end, then finds out what
// became of it. Held is the current file: nothing to do. Held is the older one now: the current one follows. Held is neither:
// it was renamed twice, and all of the older one stands between. A file that was renamed stays open for one more turn,
// because a process that opened it before may write to it after.

/// <summary>The lines of a file that is renamed to an older one when it is full, read in order and followed through that.</summary>
internal sealed class RotatedLines(string path, string olderPath) : IDisposable
{
    private readonly List<OpenLines> _held = [];

    /// <summary>Leaves out all that was written so far.</summary>
    public void SkipToEnd()
    {
        Advance();
        foreach (OpenLines file in _held)
        {
            file.SkipToEnd();
        }
    }

    /// <summary>Gives every whole line since the last call; the first time those of both files. A line's bytes are the sink's for its call only.</summary>
    public async Task ReadAsync(Func<ReadOnlyMemory<byte>, ValueTask> sink, CancellationToken cancellationToken)
    {
        do
        {
            // By index: the sink may take as long as it likes, but nothing else advances the list meanwhile.
            for (int i = 0; i < _held.Count; i++)
            {
                await _held[i].ReadAsync(sink, cancellationToken);
            }
        }
        while (Advance());
    }

    public void Dispose() => _held.ForEach(static file => file.Dispose());

    /// <summary>Opens what follows the newest file that is held; false when that is the current one.</summary>
    private bool Advance()
    {
        // Nearly always: a follower looks after every write.
        if (_held.Count > 0 && FileStatus.TryRead(path, follow: true, out FileStatus now) && now.Inode == _held[^1].Inode)
        {
            return false;
        }

        (OpenLines? older, OpenLines? current) = OpenBoth();
        ulong? newest = _held.Count > 0 ? _held[^1].Inode : null;
        OpenLines?[] following = newest is { } inode && (current?.Inode == inode || (older?.Inode == inode && current is null)) ? []
            : newest is not null && older?.Inode == newest ? [current]
            : [older, current];
        if (older is not null && !following.Contains(older))
        {
            older.Dispose();
        }

        if (current is not null && !following.Contains(current))
        {
            current.Dispose();
        }

        OpenLines[] opened = [.. following.OfType<OpenLines>()];
        if (opened.Length == 0)
        {
            return false;
        }

        // Before the newest of what was held lies nothing that anybody still has open.
        while (_held.Count > 1)
        {
            _held[0].Dispose();
            _held.RemoveAt(0);
        }

        _held.AddRange(opened);
        return true;
    }

    /// <summary>Both files as they stood at one moment: again when a writer renamed in between.</summary>
    private (OpenLines? Older, OpenLines? Current) OpenBoth()
    {
        while (true)
        {
            OpenLines? current = OpenLines.TryOpen(path);
            OpenLines? older = OpenLines.TryOpen(olderPath);
            ulong? now = FileStatus.TryRead(path, follow: true, out FileStatus status) ? status.Inode : null;
            if (now == current?.Inode)
            {
                return (older, current);
            }

            older?.Dispose();
            current?.Dispose();
        }
    }

    private sealed class OpenLines : IDisposable
    {
        private readonly FileStream _file;
        private readonly byte[] _buffer = new byte[64 * 1024];
        private byte[] _partial = [];

        private OpenLines(FileStream file, ulong inode)
        {
            _file = file;
            Inode = inode;
        }

        /// <summary>The file's identity; it is not given to another file as long as this one is open.</summary>
        public ulong Inode { get; }

        public static OpenLines? TryOpen(string path)
        {
            try
            {
                FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
                FileStatus.TryRead($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}", follow: true, out FileStatus status);
                return new OpenLines(file, status.Inode);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
        }

        public void SkipToEnd() => _file.Seek(0, SeekOrigin.End);

        public async Task ReadAsync(Func<ReadOnlyMemory<byte>, ValueTask> sink, CancellationToken cancellationToken)
        {
            for (int got; (got = await _file.ReadAsync(_buffer, cancellationToken)) > 0;)
            {
                ReadOnlyMemory<byte> bytes = _buffer.AsMemory(0, got);
                for (int end; (end = bytes.Span.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
                {
                    ReadOnlyMemory<byte> line = _partial.Length == 0 ? bytes[..end] : (byte[])[.. _partial, .. bytes[..end].Span];
                    _partial = [];
                    await sink(line);
                }

                _partial = [.. _partial, .. bytes.Span];
            }
        }

        public void Dispose() => _file.Dispose();
    }
}
