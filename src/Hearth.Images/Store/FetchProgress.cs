using Hearth.Core.Progress;
using Hearth.Images.Documents;

namespace Hearth.Images.Store;

/// <summary>
/// Reports a fetch by what the kernel says of its files (inotify(7)): a blob that appears counts in full, the temporary files
/// beside the layout with their present size. Where no watch can be had, only the beginning and the end are reported.
/// </summary>
internal sealed class FetchProgress : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly string _stage;
    private readonly Dictionary<string, long> _missing;
    private readonly long _total;
    private readonly string _layout;
    private readonly IProgress<StageProgress>? _progress;
    private readonly TimeProvider _time;
    private readonly List<FileSystemWatcher> _watchers = [];

    // Guards the fields below: watchers call from pool threads.
    private readonly Lock _lock = new();
    private long _arrived;
    private long _highest;
    private long _lastReport;

    public FetchProgress(string stage, IReadOnlyList<Descriptor> missing, string blobs, string layout, IProgress<StageProgress>? progress, TimeProvider time)
    {
        _stage = stage;
        _missing = missing.ToDictionary(static layer => layer.Hex, static layer => layer.Size, StringComparer.Ordinal);
        _total = _missing.Values.Sum();
        _layout = layout;
        _progress = progress;
        _time = time;
        _lastReport = time.GetTimestamp();
        if (progress is not null)
        {
            Report(0, finished: false);
            Watch(blobs, NotifyFilters.FileName);
            Watch(layout, NotifyFilters.Size | NotifyFilters.LastWrite | NotifyFilters.FileName);
        }
    }

    /// <summary>The fetch has succeeded.</summary>
    public void Finish()
    {
        Dispose();
        Report(_total, finished: true);
    }

    public void Dispose()
    {
        _watchers.ForEach(static watcher => watcher.Dispose());
        _watchers.Clear();
    }

    private void Watch(string directory, NotifyFilters filters)
    {
        try
        {
            var watcher = new FileSystemWatcher(directory) { NotifyFilter = filters };
            watcher.Created += OnChange;
            watcher.Renamed += OnChange;
            watcher.Changed += OnChange;
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
        catch (IOException)
        {
            // The user's inotify instances are used up (fs.inotify.max_user_instances): a pull works without a moving bar.
        }
    }

    private void OnChange(object sender, FileSystemEventArgs change)
    {
        lock (_lock)
        {
            if (_missing.Remove(Path.GetFileName(change.FullPath), out long size))
            {
                _arrived += size;
            }
            else if (_time.GetElapsedTime(_lastReport) < s_interval)
            {
                return;
            }

            _lastReport = _time.GetTimestamp();
            _highest = Math.Max(_highest, Math.Min(_arrived + Partial(), _total > 0 ? _total : long.MaxValue));
            Report(_highest, finished: false);
        }
    }

    private long Partial()
    {
        try
        {
            return new DirectoryInfo(_layout).EnumerateFiles("oci-put-blob*").Sum(static file => file.Length);
        }
        catch (IOException)
        {
            // A file was renamed while its size was read: the next event has the truth.
            return 0;
        }
    }

    private void Report(long done, bool finished) => _progress?.Report(new StageProgress(_stage, done, _total > 0 ? _total : null, InBytes: true, finished));
}
