using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Snapshots;
using Hearth.Linux.Files;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <content>Freezing the VM, and going back.</content>
public sealed partial class Supervisor
{
    /// <summary>One at a time: a VM is frozen, suspended or rolled back.</summary>
    private readonly SemaphoreSlim _freezing = new(1, 1);

    private async Task CaptureAsync(CaptureStateRequest request, FrameWriter writer)
    {
        await _freezing.WaitAsync(_end.Token);
        try
        {
            SnapshotCapture capture = await ToldAsync(CaptureAsync(new CaptureRequest(FrozenKind.Snapshot, request.Name, request.Directory, GoOn: !request.Stop, request.DiskOnly, request.Copies)));
            Emit("snapshot", ("snapshot", request.Name));
            if (request.Stop)
            {
                End(StopReason.User);
                await _final.Task;
            }

            await writer.WriteJsonAsync(
                FrameType.Reply, new CaptureReply(capture.Pause.TotalMilliseconds, capture.MemoryBytes), ProtocolJson.Default.CaptureReply, CancellationToken.None);
        }
        finally
        {
            _freezing.Release();
        }
    }

    private async Task SuspendAsync(SuspendCause cause)
    {
        await _freezing.WaitAsync(_end.Token);
        try
        {
            using StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "suspend", _end.Token);
            string frozen = staging.File("state");
            Directory.CreateDirectory(frozen, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await CaptureAsync(new CaptureRequest(FrozenKind.Suspended, _vm.Id, frozen, GoOn: false));
            await Failpoint.ReachAsync(ChainSteps.SuspendCaptured, _run?.Instance);

            // The VMM goes first: what is to go on from here must not run on beside it.
            _suspendedTo = frozen;
            _suspendedBy = cause;
            End(StopReason.Suspended);
            await _final.Task;
            if (_vm.State.Status != VmStatus.Suspended)
            {
                throw new HearthException("guest.gone", $"VM {_vm.Name} ended while it was being suspended.", $"'hearth start {_vm.Name}' starts it from its disk.");
            }
        }
        finally
        {
            _freezing.Release();
        }
    }

    private async Task RollbackAsync(RollbackRequest request)
    {
        await _freezing.WaitAsync(_end.Token);
        try
        {
            FrozenState state = new SnapshotStore(_paths).Require(request.Snapshot);
            SnapshotOwner.Require(_vm, state);
            if (_vm.State.Status != VmStatus.Paused)
            {
                RequireRunning();
            }

            RunProgress next = new();
            lock (_stateLock)
            {
                _rollback = new Rollback(state, next);
            }

            await _interrupt.CancelAsync();
            if (await Task.WhenAny(next.Started.Task, _final.Task) != next.Started.Task)
            {
                throw new HearthException("guest.gone", $"VM {_vm.Name} ended before it was rolled back.", $"'hearth rollback {_vm.Name} {request.Snapshot}' starts it from there.");
            }

            await next.Started.Task;
            Emit("rollback", ("snapshot", request.Snapshot));
        }
        finally
        {
            _freezing.Release();
        }
    }

    private async Task<SnapshotCapture> CaptureAsync(CaptureRequest request)
    {
        using IDisposable noChecks = await HoldHealthAsync();
        SnapshotCapture capture = _vm.State.Status == VmStatus.Paused ? await CapturePausedAsync(request) : await CaptureRunningAsync(request);
        string stages = string.Join(", ", capture.Stages.Select(static s => string.Create(CultureInfo.InvariantCulture, $"{s.Key} {s.Value:0.0}")));
        _log.Info(string.Create(CultureInfo.InvariantCulture, $"frozen for {capture.Pause.TotalMilliseconds:0.0} ms ({stages}), {capture.MemoryBytes} bytes of memory"));
        return capture;
    }

    private async Task<SnapshotCapture> CaptureRunningAsync(CaptureRequest request)
    {
        SnapshotCapture capture = new(_vm, RequireRunning(), _shares, _time);
        await CaptureHeldAsync(capture, request);
        return capture;
    }

    /// <summary>Its agent has to answer once, so it runs for that; then it is paused again, also when it could not be saved.</summary>
    private async Task<SnapshotCapture> CapturePausedAsync(CaptureRequest request)
    {
        bool goesOn = true;
        try
        {
            await UnpauseAsync();
            SnapshotCapture capture = await CaptureRunningAsync(request);
            goesOn = request.GoOn;
            return capture;
        }
        finally
        {
            if (goesOn && _vm.State.Status == VmStatus.Running && _run is { } run && !run.Instance.Exited.IsCompleted)
            {
                await PauseAsync();
            }
        }
    }

    /// <summary>Takes a rollback that was asked for, and makes the VM's files those of the snapshot.</summary>
    private async Task<bool> TakeRollbackAsync()
    {
        Rollback? rollback;
        lock (_stateLock)
        {
            rollback = _rollback;
            _rollback = null;
        }

        if (rollback is null)
        {
            return false;
        }

        _progress = rollback.Progress;
        try
        {
            await Failpoint.ReachAsync(ChainSteps.RollbackEnded);
            CloneFiles.Place(_vm, rollback.State);
            await Failpoint.ReachAsync(ChainSteps.RollbackPlaced);
        }
        catch (IOException e)
        {
            rollback.Progress.Fail(new HearthException("snapshot.restore", $"VM {_vm.Name} could not be rolled back: {e.Message}", "It starts from its disk now.", inner: e));
            _progress = new RunProgress();
        }

        RenewInterrupt();
        return true;
    }

    /// <summary>Preconditions: the VMM is gone. False when the frozen guest could not be kept: the VM has ended like any other.</summary>
    private async Task<bool> KeepSuspendedAsync()
    {
        if (_reason != StopReason.Suspended || _suspendedTo is not { } frozen)
        {
            return IsStillSuspended();
        }

        await Failpoint.ReachAsync(ChainSteps.SuspendEnded);
        if (Directory.Exists(_vm.Origin))
        {
            Directory.Delete(_vm.Origin, recursive: true);
        }

        Directory.Move(frozen, _vm.Origin);
        await Failpoint.ReachAsync(ChainSteps.SuspendKept);
        return true;
    }

    /// <summary>Where to go back to.</summary>
    private sealed record Rollback(FrozenState State, RunProgress Progress);
}
