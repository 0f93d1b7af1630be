using Hearth.Core.Specs;
using Hearth.Core.Units;

namespace Hearth.Engine.Health;

// Theory of operation
//
// One loop: wait until nobody holds it → check → take the result in → wait for the next, as HealthCourse says. Whoever is about
// to stop the guest's vCPUs holds the loop first. A hold ends the check that is under way, whose result does not count, and returns when
// nothing of it uses the guest any more. When the last hold is let go, the next check comes at once. So no check is under way while a guest
// stands still, none is in a snapshot, and none is judged by a clock that ran on meanwhile.
//
// The end is a hold that is never let go.

/// <summary>Checks one run of a container, from its start to its end.</summary>
/// <param name="spec">The rules.</param>
/// <param name="probe">Asks the container.</param>
/// <param name="first">Where its health begins.</param>
/// <param name="time">Pauses and time-outs.</param>
/// <param name="changed">Told of every result, in order, by the loop.</param>
internal sealed class HealthMonitor(HealthSpec spec, IHealthProbe probe, HealthState first, TimeProvider time, Action<HealthState> changed) : IAsyncDisposable
{
    /// <summary>A result that says that the check took too long, as Docker gives it.</summary>
    private const int TimedOut = -1;

    /// <summary>How long a check that was ended may take to be gone; it sends one frame.</summary>
    private static readonly TimeSpan s_leaveTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Guards what follows; nothing is called under it.</summary>
    private readonly Lock _lock = new();
    private int _holds;
    private bool _isEnded;
    private CancellationTokenSource _turn = new();
    private TaskCompletionSource _free = NewSignal();
    private Task _check = Task.CompletedTask;
    private Task _loop = Task.CompletedTask;

    /// <summary>The last question; one that was left is waited for before the next, so that a guest that stands still costs one thread.</summary>
    private Task<int> _asked = Task.FromResult(0);

    /// <summary>Called around every check: what the guest does meanwhile is the check's work.</summary>
    public Action<bool> Checking { get; init; } = static _ => { };

    /// <summary>The first check begins at once.</summary>
    public void Start()
    {
        _free.TrySetResult();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Keeps checks off until the result is disposed. Returns when none is under way.</summary>
    public async Task<IDisposable> HoldAsync()
    {
        CancellationTokenSource turn;
        Task check;
        lock (_lock)
        {
            if (_holds++ == 0 && !_isEnded)
            {
                _free = NewSignal();
            }

            turn = _turn;
            check = _check;
        }

        await turn.CancelAsync();
        await check;
        return new Hold(this);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
        }

        using (await HoldAsync())
        {
            _free.TrySetResult();
            await _loop;
        }

        _turn.Dispose();
    }

    private void LetGo()
    {
        lock (_lock)
        {
            if (--_holds == 0 && !_isEnded)
            {
                _free.TrySetResult();
            }
        }
    }

    private async Task RunAsync()
    {
        HealthCourse course = new(spec, first);
        long start = time.GetTimestamp();
        while (await TakeTurnAsync() is { } turn)
        {
            TimeSpan begun = time.GetElapsedTime(start);
            if (await CheckAsync(turn) is not { } result)
            {
                continue; // Somebody holds the loop.
            }

            TimeSpan pause = course.Take(result, begun, time.GetElapsedTime(start));
            changed(course.State);
            // The interval between checks: nothing tells when a container gets well or ill.
            await Task.Delay(pause, time, turn).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until nobody holds the loop. Null at its end.</summary>
    private async Task<CancellationToken?> TakeTurnAsync()
    {
        while (true)
        {
            Task free;
            lock (_lock)
            {
                if (_isEnded)
                {
                    return null;
                }

                if (_holds == 0)
                {
                    if (_turn.IsCancellationRequested)
                    {
                        _turn.Dispose();
                        _turn = new CancellationTokenSource();
                    }

                    return _turn.Token;
                }

                free = _free.Task;
            }

            await free;
        }
    }

    /// <summary>Null when the check was ended by a hold.</summary>
    private async Task<HealthResult?> CheckAsync(CancellationToken turn)
    {
        TaskCompletionSource over = NewSignal();
        lock (_lock)
        {
            if (turn.IsCancellationRequested)
            {
                return null;
            }

            _check = over.Task;
        }

        Checking(true);
        try
        {
            return await AskAsync(turn);
        }
        finally
        {
            Checking(false);
            over.SetResult();
        }
    }

    private async Task<HealthResult?> AskAsync(CancellationToken turn)
    {
        DateTimeOffset begun = time.GetUtcNow();
        HealthOutput output = new();
        using CancellationTokenSource timeout = new(spec.Timeout, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, turn);
        int code;
        try
        {
            await ((Task)_asked).WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            end.Token.ThrowIfCancellationRequested();
            _asked = Task.Run(() => probe.CheckAsync(output, end.Token), end.Token);
            code = await _asked.WaitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            // A guest that stands still leaves the link's pipe full, and then sending blocks: such a check is left.
            await ((Task)_asked).WaitAsync(s_leaveTimeout, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (turn.IsCancellationRequested)
            {
                return null;
            }

            string said = output.ToString();
            return new HealthResult(begun, time.GetUtcNow(), TimedOut, $"Health check exceeded timeout ({Durations.Write(spec.Timeout)}){(said.Length > 0 ? ": " + said : "")}");
        }
#pragma warning disable CA1031 // The loop's root: a check that could not be made has failed, and says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            output.Add(e.Message);
            code = 1;
        }

        // A hold that came as the check was ending may have cut it short.
        return turn.IsCancellationRequested ? null : new HealthResult(begun, time.GetUtcNow(), code, output.ToString());
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Hold(HealthMonitor monitor) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                monitor.LetGo();
            }
        }
    }
}
