using System.Text;

namespace Hearth.Fuse.Watch;

/// <summary>
/// What a guest's kernel is to be told, until it takes it. Who tells never waits: a thread that answers requests must not, because the kernel may
/// take what it is told only after such an answer. The same is told once; when there is more than anybody wants to hear, everything is compared instead.
/// </summary>
public sealed class NotificationQueue : IGuestKernel, IDisposable
{
    private const int MaxPending = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _queue = [];
    private readonly HashSet<string> _pending = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _filled = new(0);
    private readonly Action<byte[]> _deliver;
    private readonly Thread _thread;
    private bool _overflowed;
    private bool _ended;
    private bool _delivering;
    private TaskCompletionSource? _drained;

    /// <param name="deliver">Has the kernel take a message; may wait.</param>
    public NotificationQueue(Action<byte[]> deliver)
    {
        _deliver = deliver;
        _thread = new Thread(Deliver, 256 * 1024) { IsBackground = true, Name = "hearth: notify" };
        _thread.Start();
    }

    /// <summary>Compares all that the guest knows; called when too much had to be told.</summary>
    public Action Overflowed { get; set; } = static () => { };

    public void Tell(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_queue.Count >= MaxPending)
            {
                _overflowed = true;
            }
            else if (_pending.Add(Encoding.Latin1.GetString(message)))
            {
                _queue.Enqueue(message.ToArray());
                _filled.Release();
            }
        }
    }

    /// <summary>Completes when the kernel has taken everything.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            if (_queue.Count == 0 && !_delivering)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
            _queue.Clear();
        }

        _filled.Release();
        _thread.Join();
        _filled.Dispose();
    }

    private void Deliver()
    {
        while (true)
        {
            _filled.Wait();
            byte[]? message;
            lock (_lock)
            {
                if (_ended)
                {
                    _drained?.TrySetResult();
                    return;
                }

                if (!_queue.TryDequeue(out message))
                {
                    continue;
                }

                _ = _pending.Remove(Encoding.Latin1.GetString(message));
                _delivering = true;
            }

            _deliver(message);
            Finish();
        }
    }

    private void Finish()
    {
        bool overflowed;
        lock (_lock)
        {
            _delivering = false;
            overflowed = _overflowed && _queue.Count == 0;
            _overflowed &= !overflowed;
            if (_queue.Count == 0 && !overflowed)
            {
                _drained?.TrySetResult();
                _drained = null;
            }
        }

        if (overflowed)
        {
            Overflowed();
        }
    }
}
