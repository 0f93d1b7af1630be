using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Engine.Dialing;
using Hearth.Engine.Health;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <content>Whether the container is well (Health/HealthMonitor.cs).</content>
public sealed partial class Supervisor
{
    private static readonly IDisposable s_noHold = new CancellationTokenSource();

    /// <summary>The kernel repeats an unanswered SYN after a second (tcp(7)); a guest that drops it drops that one as well.</summary>
    private static readonly TimeSpan s_networkPatience = TimeSpan.FromSeconds(1);

    /// <summary>How the VM was when it was suspended; null when it was not, or once it goes on.</summary>
    private HealthState? _keptHealth;
    private HealthMonitor? _health;
    private IDisposable _pausedHealth = s_noHold;

    /// <summary>Complete as long as the container is healthy; replaced under <see cref="_stateLock"/>.</summary>
    private TaskCompletionSource _healthy = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _healthAction = Task.CompletedTask;
    private bool _isRestartWanted;

    /// <summary>Where the health of a container that starts, or goes on, begins.</summary>
    /// <param name="containerRuns">It goes on; it does so as this same VM when the VM was suspended.</param>
    private HealthState? FirstHealth(bool containerRuns)
    {
        HealthState? kept = containerRuns && _resumedFrom is not null ? _keptHealth : null;
        _keptHealth = null;
        return _vm.Spec.Health is null ? null : kept ?? HealthCourse.Beginning;
    }

    private void StartHealth(VmRun run)
    {
        if (_vm is not { Spec.Health: { } spec, State.Health: { } first })
        {
            return;
        }

        ShowHealthy(first.Status == HealthStatus.Healthy);
        _health = new HealthMonitor(spec, ProbeOf(spec, run), first, _time, state => TakeHealth(run, state)) { Checking = isBegun => NoteCheck(run, isBegun) };
        _health.Start();
    }

    /// <summary>Returns when no check uses the guest any more.</summary>
    private async Task EndHealthAsync()
    {
        if (_health is { } health)
        {
            _health = null;
            await health.DisposeAsync();
            ShowHealthy(false);
        }

        _pausedHealth = s_noHold;
    }

    /// <summary>Keeps checks off until the result is disposed: before the guest stands still, or is asked to end.</summary>
    private Task<IDisposable> HoldHealthAsync() => _health?.HoldAsync() ?? Task.FromResult(s_noHold);

    private IHealthProbe ProbeOf(HealthSpec spec, VmRun run) => spec.Kind switch
    {
        HealthProbeKind.Http => new HttpProbe(ConnectorOf(spec, run), spec, _time),
        HealthProbeKind.Tcp => new TcpProbe(ConnectorOf(spec, run), spec.Port, _time),
        _ => new CommandProbe(run.Agent, _vm.Spec.Container.Process with { Args = spec.Command, Tty = false, Interactive = false }),
    };

    /// <summary>A quarter of the check's time at most is for a network that does not answer; in a guest that runs, an answer takes milliseconds.</summary>
    private IGuestConnector ConnectorOf(HealthSpec spec, VmRun run)
    {
        LinkConnector agent = new(run.Agent);
        TimeSpan patience = spec.Timeout / 4;
        return _network is { } network ? new NetworkConnector(network.Guest, agent, patience < s_networkPatience ? patience : s_networkPatience, _time) : agent;
    }

    /// <summary>What the guest does for a check is no use of the VM.</summary>
    private void NoteCheck(VmRun run, bool isBegun)
    {
        if (CpuClock.TryRead(run.Instance.Process) is { } used)
        {
            _idle.NoteCheck(isBegun, used);
        }
    }

    /// <summary>Called by the loop of checks.</summary>
    private void TakeHealth(VmRun run, HealthState state)
    {
        HealthStatus before = _vm.State.Health?.Status ?? HealthStatus.Unknown;
        SetState(s => s with { Health = state });
        if (state.Status == before)
        {
            return;
        }

        Emit($"health_status: {Words.Of(state.Status)}");
        ShowHealthy(state.Status == HealthStatus.Healthy);
        if (state.Status == HealthStatus.Unhealthy && _vm.Spec.Health!.OnFailure != HealthAction.None && _healthAction.IsCompleted)
        {
            _healthAction = Task.Run(() => ActOnFailureAsync(run, _vm.Spec.Health.OnFailure));
        }
    }

    private void ShowHealthy(bool isHealthy)
    {
        lock (_stateLock)
        {
            if (isHealthy)
            {
                _healthy.TrySetResult();
            }
            else if (_healthy.Task.IsCompleted)
            {
                _healthy = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    private Task HealthyAsync()
    {
        lock (_stateLock)
        {
            return _healthy.Task;
        }
    }

    private async Task WaitHealthyAsync(FrameWriter writer)
    {
        if (_vm.Spec.Health is null)
        {
            throw new HearthException("health.none", $"VM {_vm.Name} has no health check.", "Give it one when it is made: --health-cmd, --health-http or --health-tcp.", 1);
        }

        if (await Task.WhenAny(HealthyAsync(), _final.Task) == _final.Task)
        {
            throw _vm.State.Status == VmStatus.Suspended
                ? new HearthException("vm.suspended", $"VM {_vm.Name} is suspended.", $"'hearth resume {_vm.Name}' lets it go on.", 1)
                : new HearthException("health.ended", $"VM {_vm.Name} ended before it was healthy, with exit code {_vm.State.ExitCode}.", $"'hearth logs {_vm.Name}' may say why.", 1);
        }

        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
    }

    /// <summary>Never throws.</summary>
    private async Task ActOnFailureAsync(VmRun run, HealthAction action)
    {
        try
        {
            _log.Warning($"the container is unhealthy: {action}");
            if (action == HealthAction.Stop)
            {
                await StopAsync(new StopRequest());
                return;
            }

            using IDisposable hold = await HoldHealthAsync();
            _isRestartWanted = action == HealthAction.Restart;
            string name = action == HealthAction.Restart ? _vm.Spec.Container.StopSignal : "KILL";
            int signal = SignalName.TryParse(name, out int number) ? number : SignalName.Term;
            if (!await EndContainerAsync(run, signal, TimeSpan.FromSeconds(signal == SignalName.Kill ? 0 : Math.Max(_vm.Spec.StopTimeoutSeconds, 0)))
                && !await EndContainerAsync(run, SignalName.Kill, TimeSpan.Zero) && _run == run)
            {
                await _interrupt.CancelAsync();
            }
        }
#pragma warning disable CA1031 // The task's root: the VM goes on as it is, and the log says why.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _log.Warning($"what is to be done with an unhealthy container failed: {e.Message}");
        }
    }

    /// <summary>False when it still runs after that time, and <see cref="s_killTimeout"/> when that is none.</summary>
    private static async Task<bool> EndContainerAsync(VmRun run, int signal, TimeSpan patience)
    {
        try
        {
            await run.Agent.CallAsync(new GuestSignalRequest(signal), s_killAnswerTimeout, CancellationToken.None);
            await run.Instance.Exited.WaitAsync(patience > TimeSpan.Zero ? patience : s_killTimeout);
            return true;
        }
        catch (Exception e) when (e is HearthException or TimeoutException)
        {
            return run.Instance.Exited.IsCompleted;
        }
    }
}
