using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Idle;
using Hearth.Engine.Networks;
using Hearth.Engine.Snapshots;
using Hearth.Linux.Processes;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <content>Suspending itself when it is idle.</content>
public sealed partial class Supervisor
{
    private readonly IdleClock _idle;

    /// <summary>Who had suspended the VM that this supervisor was started for; null when it was not, or once it goes on.</summary>
    private SuspendCause? _resumedFrom;
    private SuspendCause _suspendedBy;
    private ITimer? _idleTimer;
    private Task _idleSuspension = Task.CompletedTask;

    private void StartIdleTimer(VmRun run)
    {
        if (_vm.Spec.IdleSuspend is { } limit)
        {
            TimeSpan slice = IdleClock.SliceOf(limit);
            _idle.Start(limit, CpuClock.TryRead(run.Instance.Process) ?? TimeSpan.Zero);
            _idleTimer = _time.CreateTimer(_ => LookWhetherIdle(run), null, slice, slice);
        }
    }

    private void StopIdleTimer()
    {
        _idleTimer?.Dispose();
        _idleTimer = null;
    }

    /// <summary>A VM that the user paused, to which somebody is connected, or that is about to end, is not idle.</summary>
    private void LookWhetherIdle(VmRun run)
    {
        if (_run != run || _vm.State.Status != VmStatus.Running || _network?.Publisher.IsInUse == true || CpuClock.TryRead(run.Instance.Process) is not { } used)
        {
            _idle.Touch();
        }
        else if (_idle.Sample(used))
        {
            _idleSuspension = SuspendIdleAsync();
        }
    }

    private async Task SuspendIdleAsync()
    {
        RunningNetwork? network = _network;
        try
        {
            // From here on nobody is connected: what comes to a port waits there, for this VM or for the one that is woken.
            if (network is not null && !await network.Publisher.TryHoldAsync())
            {
                return;
            }

            _log.Info("idle: it is being suspended");
            await SuspendAsync(SuspendCause.Idle);
        }
        catch (Exception e) when (e is HearthException or IOException or UnauthorizedAccessException or InvalidDataException or OperationCanceledException or ObjectDisposedException)
        {
            // The VM goes on, or has ended for another reason; it is tried again when it was idle once more for as long.
            _log.Warning($"the idle VM could not be suspended: {e.Message}");
        }
        finally
        {
            network?.Publisher.Resume();
            _idle.Release(_vm.State.Status == VmStatus.Suspended);
        }
    }

    /// <summary>
    /// Counts a client as a session until the result is disposed; one that comes while the VM suspends itself waits for the outcome.
    /// Null for requests that do not use the VM, and for one that ends it at once.
    /// </summary>
    /// <exception cref="HearthException"><c>vm.suspended</c>.</exception>
    private async Task<IDisposable?> EnterAsync(ControlRequest request)
    {
        if (request is WaitStartedRequest or WaitExitRequest or WaitHealthyRequest or RenameRequest or StopRequest { Discard: true })
        {
            return null;
        }

        while (_idle.TryEnter() is { } suspension)
        {
            await suspension;
            if (_vm.State.Status == VmStatus.Suspended)
            {
                throw new HearthException("vm.suspended", $"VM {_vm.Name} is suspended.", $"'hearth resume {_vm.Name}' lets it go on.", 1);
            }
        }

        return new Session(_idle);
    }

    /// <summary>Being connected is all that the client wants.</summary>
    private async Task KeepAwakeAsync(FrameReader reader, FrameWriter writer)
    {
        if (_vm.State.Status == VmStatus.Starting)
        {
            await _progress.Started.Task;
        }

        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
        await Task.WhenAny(_final.Task, ReadToEndAsync(reader));
    }

    private static async Task ReadToEndAsync(FrameReader reader)
    {
        try
        {
            while (await reader.ReadAsync(CancellationToken.None) is not null)
            {
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }

    /// <summary>A VM that was suspended and could not go on has lost nothing: it is suspended as before.</summary>
    private bool IsStillSuspended()
    {
        if (_resumedFrom is not { } cause || !File.Exists(Path.Combine(_vm.Origin, FrozenState.ManifestFile)))
        {
            return false;
        }

        _suspendedBy = cause;
        return true;
    }

    private void EmitStart(bool restored)
    {
        if (restored && _resumedFrom is { } cause)
        {
            Emit("resume", ("reason", ReasonOf(cause)));
        }
        else
        {
            Emit(restored ? "restore" : "start");
        }

        _resumedFrom = null;
    }

    private void EmitDie(FinalOutcome outcome) => Emit("die", ("exitCode", outcome.ExitCode.ToString(CultureInfo.InvariantCulture)));

    /// <summary>After the state is written: who waits for the event finds it so.</summary>
    private void EmitEnd(bool suspended, FinalOutcome outcome)
    {
        if (_reason != StopReason.Suspended)
        {
            return; // Told already.
        }

        if (suspended)
        {
            Emit("suspend", ("reason", ReasonOf(_suspendedBy)));
        }
        else
        {
            EmitDie(outcome);
        }
    }

    private static string ReasonOf(SuspendCause cause) => cause == SuspendCause.Idle ? "idle" : "user";

    private sealed class Session(IdleClock clock) : IDisposable
    {
        public void Dispose() => clock.Leave();
    }
}
