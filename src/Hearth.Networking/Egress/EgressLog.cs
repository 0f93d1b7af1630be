using System.Text.Json;
using Hearth.Linux.Files;

namespace Hearth.Networking.Egress;

/// <summary>
/// Writes the decisions about a VM, a line each. The first of a kind is written at once; those like it within
/// <see cref="Window"/> are counted and written as one line when that has passed. More kinds than <see cref="MaxKinds"/> within
/// a window are counted only. At <see cref="MaxFileBytes"/> the file becomes <c>egress.1.jsonl</c>.
/// </summary>
public sealed class EgressLog : IDisposable
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    public const long MaxFileBytes = 4L << 20;

    internal const int MaxKinds = 512;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly long _maxFileBytes;

    // Held while lines are written, so that they stand in order; nothing is locked under it.
    private readonly Lock _lock = new();
    private readonly Dictionary<Kind, (DateTimeOffset Last, long Count)> _repeated = [];
    private readonly ITimer _timer;
    private long _lost;
    private bool _isDisposed;

    public EgressLog(string path, TimeProvider time, long maxFileBytes = MaxFileBytes)
    {
        _path = path;
        _time = time;
        _maxFileBytes = maxFileBytes;
        _timer = time.CreateTimer(static state => ((EgressLog)state!).EndWindow(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The file that a full one becomes.</summary>
    public static string OlderFile(string path) => Path.ChangeExtension(path, ".1.jsonl");

    public void Write(EgressDecision decision, string protocol, string? destination, string? name)
    {
        Kind kind = new(decision.IsAllowed, protocol, destination, name, decision.Reason);
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_repeated.TryGetValue(kind, out (DateTimeOffset Last, long Count) repeated))
            {
                _repeated[kind] = (_time.GetUtcNow(), repeated.Count + 1);
                return;
            }

            if (_repeated.Count >= MaxKinds)
            {
                _lost++;
                return;
            }

            if (_repeated.Count == 0)
            {
                _timer.Change(Window, Timeout.InfiniteTimeSpan);
            }

            _repeated.Add(kind, (default, 0));
            Append(kind.At(_time.GetUtcNow(), 1));
        }
    }

    /// <summary>Writes what was counted; nothing after that.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            EndWindow();
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    private void EndWindow()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            foreach ((Kind kind, (DateTimeOffset last, long count)) in _repeated.OrderBy(static pair => pair.Value.Last))
            {
                if (count > 0)
                {
                    Append(kind.At(last, count));
                }
            }

            if (_lost > 0)
            {
                Append(new EgressLogEntry(_time.GetUtcNow(), "lost", "any", null, null, $"more than {MaxKinds} kinds within {Window.TotalSeconds:0} s", _lost));
                _lost = 0;
            }

            _repeated.Clear();
        }
    }

    /// <summary>Opened for each line: there are few, and a reader that rotates or removes the file disturbs nobody.</summary>
    private void Append(EgressLogEntry entry)
    {
        try
        {
            using DescriptorStream file = new(Descriptors.OpenAppend(_path));
            file.Write([.. JsonSerializer.SerializeToUtf8Bytes(entry, EgressJson.Default.EgressLogEntry), (byte)'\n']);
            if (FileStatus.TryRead(_path, follow: true, out FileStatus status) && status.SizeBytes >= _maxFileBytes)
            {
                File.Move(_path, OlderFile(_path), overwrite: true);
            }
        }
        catch (IOException)
        {
            // A full disk costs lines, not connections: what is decided holds without them.
        }
    }

    private readonly record struct Kind(bool IsAllowed, string Protocol, string? Destination, string? Name, string Rule)
    {
        public EgressLogEntry At(DateTimeOffset time, long count) => new(time, IsAllowed ? "allow" : "deny", Protocol, Destination, Name, Rule, count);
    }
}
