using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Engine.Supervision;

/// <content>
/// <c>--timeout</c> ends the container so long after its start; on the supervisor's clock, so whoever dies. The time that a VM was suspended does not
/// count: what it had used is in its state, and goes on counting when it is resumed. The time that it was paused counts. A restart and a rollback begin anew.
/// </content>
public sealed partial class Supervisor
{
    private ITimer? _timeout;

    /// <summary>What was used before <see cref="_timeoutSince"/>, by earlier supervisors of the same container.</summary>
    private TimeSpan _timeoutUsed;

    /// <summary>When the container's time began to count here; null when it has not.</summary>
    private long? _timeoutSince;

    private void StartTimeout()
    {
        if (_vm.Spec.Timeout is { } limit)
        {
            _timeoutSince = _time.GetTimestamp();
            TimeSpan left = limit > _timeoutUsed ? limit - _timeoutUsed : TimeSpan.Zero;
            _timeout = _time.CreateTimer(_ => End(StopReason.Timeout), null, left, System.Threading.Timeout.InfiniteTimeSpan);
        }
    }

    private void StopTimeout() => _timeout?.Dispose();

    /// <summary>The next run is not the one that was resumed.</summary>
    private void ForgetTimeout()
    {
        _timeoutUsed = TimeSpan.Zero;
        _timeoutSince = null;
    }

    /// <summary>For the state of a VM that is suspended.</summary>
    private TimeSpan? UsedOfTimeout() => _vm.Spec.Timeout is null ? null : _timeoutUsed + (_timeoutSince is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero);

    private static TimeSpan UsedBefore(VmModel vm) => vm.State is { Status: VmStatus.Suspended, TimeoutUsed: { } used } ? used : TimeSpan.Zero;
}
