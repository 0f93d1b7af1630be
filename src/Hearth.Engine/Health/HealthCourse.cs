using Hearth.Core.Specs;

namespace Hearth.Engine.Health;

// Theory of operation
//
//   unknown ── container started ──► starting ── success ──► healthy ◄── success ──┐
//                                       │                       │                  │
//                                       └── Retries failures ───┴── the same ──► unhealthy
//
// When a check fails, what counts is what counts in Docker: a failure of a container that was healthy counts; of one that is
// starting, at most one failure in each Interval does, the first not before the start period is over, or, without one, not before
// the first Interval is. So a container becomes unhealthy when Docker would say so, though it is looked at more often.
//
// Schedule. The first check comes at once. While it is starting, the pause after a failure is 0.1 s, 0.2 s, 0.4 s, … up to the
// smaller of StartInterval and Interval, never shorter than the check itself took, and cut at the moment from which a failure
// counts. After the first success, or once it is unhealthy, the pause is Interval.
//
// A container that goes on from frozen memory as the same VM (resume) keeps its course; one that is a copy, or was rolled back,
// begins a new one. Time is given, not taken: nothing here waits or looks at a clock.

/// <summary>What the results of a container's checks make of its health, and when the next one is due.</summary>
/// <param name="spec">The rules.</param>
/// <param name="first">Where the course begins.</param>
internal sealed class HealthCourse(HealthSpec spec, HealthState first)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);

    private TimeSpan _pause = s_firstPause;
    private TimeSpan _counts = spec.StartPeriod > TimeSpan.Zero ? spec.StartPeriod : spec.Interval;

    public HealthState State { get; private set; } = first;

    /// <summary>Where the course of a container that has just been started, or copied, begins.</summary>
    public static HealthState Beginning { get; } = new() { Status = HealthStatus.Starting };

    /// <summary>Takes a result in.</summary>
    /// <param name="result">Of the check that is over.</param>
    /// <param name="begun">When it began, from the container's start.</param>
    /// <param name="ended">When it ended, the same way.</param>
    /// <returns>The pause to the next check.</returns>
    public TimeSpan Take(HealthResult result, TimeSpan begun, TimeSpan ended)
    {
        bool failed = result.ExitCode != 0;
        bool counts = failed && (State.Status != HealthStatus.Starting || begun >= _counts);
        if (counts)
        {
            _counts = begun + spec.Interval;
        }

        int streak = failed ? State.FailingStreak + (counts ? 1 : 0) : 0;
        State = new HealthState
        {
            Status = !failed ? HealthStatus.Healthy : streak >= spec.Retries ? HealthStatus.Unhealthy : State.Status,
            FailingStreak = streak,
            Log = [.. State.Log.TakeLast(HealthState.MostResults - 1), result],
        };
        return State.Status == HealthStatus.Starting ? StartingPause(begun, ended) : spec.Interval;
    }

    private TimeSpan StartingPause(TimeSpan begun, TimeSpan ended)
    {
        TimeSpan longest = Min(spec.StartInterval, spec.Interval);
        TimeSpan pause = Min(Max(_pause, ended - begun), longest);
        _pause = Min(_pause * 2, longest);
        return _counts > ended ? Min(pause, _counts - ended) : pause;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
