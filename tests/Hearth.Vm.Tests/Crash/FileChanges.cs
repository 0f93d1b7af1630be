using System.Threading.Channels;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Crash;

/// <summary>Wakes for every change below a directory, so that a test waits for a file without asking again and again.</summary>
internal sealed class FileChanges : IDisposable
{
    private readonly FileSystemWatcher _watcher;
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public FileChanges(string directory)
    {
        _watcher = new FileSystemWatcher(directory) { IncludeSubdirectories = true };
        _watcher.Created += (_, _) => _changed.Writer.TryWrite(true);
        _watcher.Renamed += (_, _) => _changed.Writer.TryWrite(true);
        _watcher.Deleted += (_, _) => _changed.Writer.TryWrite(true);
        _watcher.Changed += (_, _) => _changed.Writer.TryWrite(true);
        _watcher.EnableRaisingEvents = true;
    }

    /// <summary>Returns once <paramref name="condition"/> holds, looked at now and after each change.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(HearthCommand.Bound);
        while (!condition())
        {
            await _changed.Reader.ReadAsync(bound.Token);
        }
    }

    public void Dispose() => _watcher.Dispose();
}
