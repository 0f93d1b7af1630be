namespace Hearth.Engine.Idle;

// Theory of operation
//
// A VM is idle when, for as long as was asked, three things were so at once: no client was there (sessions = 0), the
// container wrote nothing, and in no slice of that time its VMM used BusyPercent of a CPU or more. Each of these starts the
// time anew: the end of a session, a frame of output, a busy slice. Slices are a quarter of the time and at most 15 s, so
// one timer is all there is, and a VM is suspended at most one slice late.
//
// A connection to a published port is a use (Touch) when it begins and when it ends, and at each look while it is there; so is each datagram,
// and each packet from a neighbour on a named network.
//
// Health checks are no use: the CPU time that the VMM used during them, and that time itself, count for nothing, and neither does what the
// container writes meanwhile and for a moment after (a web server's log of the request). A slice that was mostly checks goes on until it is not.
//
//   counting ── Sample says idle ──► claimed ── Release, it could not be ──► counting
//                                       └────── Release, suspended ──► claimed to the end
//
// While it is claimed the VM is being suspended and nobody enters: who comes waits for the Release and looks at the VM's
// state. So a VM is never suspended under a client, and a client never talks to a VM that is being suspended, or was and whose
// supervisor still listens for a moment.

/// <summary>Decides when a VM is idle. Knows nothing of VMs: it is told.</summary>
internal sealed class IdleClock(TimeProvider time)
{
    /// <summary>
    /// Per cent of one CPU. Measured under software emulation: a guest that sleeps takes 0.2 (0.3 with four vCPUs), 1.6 in the
    /// seconds after its start; one that starts a process every second 1.1, at most 2.8 in half a second; ten processes a
    /// second take 8; a busy program 100. So it lies above everything that waits and below everything that works.
    /// </summary>
    public const double BusyPercent = 5;

    private static readonly TimeSpan s_longestSlice = TimeSpan.FromSeconds(15);

    /// <summary>How long after a check what the container writes is taken for its doing. An emulated guest passes a line on in milliseconds.</summary>
    private static readonly TimeSpan s_echo = TimeSpan.FromMilliseconds(250);

    /// <summary>Guards all fields; nothing is called under it.</summary>
    private readonly Lock _lock = new();
    private int _sessions;
    private TimeSpan? _limit;
    private long _active;
    private long _sampled;
    private TimeSpan _used;
    private TaskCompletionSource? _claim;
    private bool _isChecking;
    private long _checked;
    private TimeSpan _checkedUsed;
    private TimeSpan _checksTime;
    private TimeSpan _checksUsed;
    private long? _quietFrom;

    /// <summary>How often <see cref="Sample"/> is to be called.</summary>
    public static TimeSpan SliceOf(TimeSpan limit) => limit / 4 < s_longestSlice ? limit / 4 : s_longestSlice;

    /// <summary>Starts the time, from now. Sessions are counted before, too.</summary>
    /// <param name="limit">How long a VM has to be idle.</param>
    /// <param name="used">CPU time of its VMM so far.</param>
    public void Start(TimeSpan limit, TimeSpan used)
    {
        lock (_lock)
        {
            _limit = limit;
            _used = used;
            _sampled = _active = time.GetTimestamp();
        }
    }

    /// <summary>Something happened.</summary>
    public void Touch()
    {
        lock (_lock)
        {
            _active = time.GetTimestamp();
        }
    }

    /// <summary>The container wrote something.</summary>
    public void NoteOutput()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            bool isEcho = _isChecking || (_quietFrom is { } from && time.GetElapsedTime(from, now) < s_echo);
            _active = isEcho ? _active : now;
        }
    }

    /// <summary>A health check begins, or is over.</summary>
    /// <param name="isBegun">Which of both.</param>
    /// <param name="used">CPU time of the VMM so far.</param>
    public void NoteCheck(bool isBegun, TimeSpan used)
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            AddCheck(now, used);
            _isChecking = isBegun;
            _quietFrom = isBegun ? null : now;
        }
    }

    /// <summary>A client is there; <see cref="Leave"/> is to be called.</summary>
    /// <returns>Null when it was let in; else the end of the suspension that is under way: then look again.</returns>
    public Task? TryEnter()
    {
        lock (_lock)
        {
            if (_claim is { } claim)
            {
                return claim.Task;
            }

            _sessions++;
            return null;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _sessions--;
            _active = time.GetTimestamp();
        }
    }

    /// <summary>Looks at the slice that ends now.</summary>
    /// <param name="used">CPU time of the VMM so far.</param>
    /// <returns>True once: the VM is idle and claimed, and <see cref="Release"/> is to be called.</returns>
    public bool Sample(TimeSpan used)
    {
        lock (_lock)
        {
            if (_limit is not { } limit || _claim is not null)
            {
                return false;
            }

            long now = time.GetTimestamp();
            AddCheck(now, used);
            TimeSpan slice = time.GetElapsedTime(_sampled, now) - _checksTime;
            if (slice < _checksTime)
            {
                return false;
            }

            bool isBusy = (used - _used - _checksUsed) * 100 >= slice * BusyPercent;
            (_sampled, _used) = (now, used);
            _checksTime = _checksUsed = TimeSpan.Zero;
            if (isBusy || _sessions > 0)
            {
                _active = now;
            }

            if (time.GetElapsedTime(_active, now) < limit)
            {
                return false;
            }

            _claim = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>Adds the check that is under way to this slice, up to now.</summary>
    private void AddCheck(long now, TimeSpan used)
    {
        if (_isChecking)
        {
            _checksTime += time.GetElapsedTime(_checked, now);
            _checksUsed += used - _checkedUsed;
        }

        (_checked, _checkedUsed) = (now, used);
    }

    /// <summary>The suspension is over.</summary>
    /// <param name="suspended">It succeeded: nobody enters any more. Else the time starts anew.</param>
    public void Release(bool suspended)
    {
        TaskCompletionSource? claim;
        lock (_lock)
        {
            claim = _claim;
            _claim = suspended ? claim : null;
            _active = time.GetTimestamp();
        }

        claim?.TrySetResult();
    }
}
