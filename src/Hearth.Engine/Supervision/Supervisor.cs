using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Copying;
using Hearth.Engine.Events;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Idle;
using Hearth.Engine.Logs;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Supervision;

// Theory of operation
//
// A supervisor owns one VM from start to end, through all restarts. Actors: the clients (control.sock), the client that
// started it (the life line), the VMM, the agent. States are VmStatus; only this process writes state.json.
//
//   Starting -> Running <-> Paused
//      |           |
//      |        Stopping
//      v           v
//     Exited <- (restart policy?) -> Restarting -> Starting
//
// There is one way to end: _end is cancelled with a reason (StopReason), the run in progress unwinds and releases what it
// holds in reverse order, the final state is written, waiting clients get their answers, the process exits. The first
// reason is kept. A run that ends by itself goes the same way with the container's exit code.

/// <summary>The process that owns one VM.</summary>
public sealed partial class Supervisor : IAsyncDisposable
{
    private readonly HearthPaths _paths;
    private readonly HearthHome _home;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly EventLog _events;
    private readonly OutputHub _output;
    private readonly SupervisorLog _log;
    private readonly bool _foreground;
    private readonly Lock _stateLock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _foregroundAttached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FinalOutcome> _final = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VmModel _vm;
    private RunProgress _progress = new();
    private VmRun? _run;
    private AgentSession? _container;
    private StopReason _reason;
    private bool _restarting;
    private CancellationTokenSource _interrupt;
    private Rollback? _rollback;
    private string? _suspendedTo;
    private StartedGuest? _ready;
    private Task _refilling = Task.CompletedTask;

    private Supervisor(HearthHome home, VmModel vm, bool foreground)
    {
        _home = home;
        _paths = home.Paths;
        _vm = vm;
        _foreground = foreground;
        _events = new EventLog(home.Paths);
        _idle = new IdleClock(_time);
        _resumedFrom = vm.State.Status == VmStatus.Suspended ? vm.State.SuspendedBy ?? SuspendCause.User : null;
        _timeoutUsed = UsedBefore(vm);
        _keptHealth = vm.State.Status == VmStatus.Suspended ? vm.State.Health : null;
        _interrupt = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        _output = new OutputHub(new LogWriter(vm.LogFile, _time)) { Wrote = _idle.NoteOutput };
        _log = new SupervisorLog(vm.SupervisorLog, vm.Spec.LogLevel, _time);
    }

    /// <summary>The whole life of the process: the body of <c>hearth supervisor ID</c>.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="id">The VM's full id.</param>
    /// <param name="foreground">The container waits for its owner to attach.</param>
    public static async Task<int> RunAsync(HearthPaths paths, string id, bool foreground)
    {
        ProcessTable.LeaveTerminal();
        QemuEngine.Prepare();
        using Stream lifeline = Console.OpenStandardInput();
        using StreamWriter announce = new(Console.OpenStandardOutput()) { AutoFlush = true };
        try
        {
            Failpoint.Arm(Environment.GetEnvironmentVariable(Failpoint.Variable));
            HearthHome home = HearthHome.Open(paths);
            VmModel vm = home.Vms.Find(id);
            using FileLock single = await SupervisorLock.TryOwnAsync(vm)
                ?? throw (CopyMark.IsHeld(home.Vms.Reload(vm)) ? CopyMark.Busy(vm) : new HearthException("vm.running", $"VM {vm.Name} has a supervisor already.", $"'hearth stop {vm.Name}' ends it."));
            await using Supervisor supervisor = new(home, home.Vms.Reload(vm), foreground); // As who had the lock before left it.
            await using ControlServer server = ControlServer.Listen(vm.ControlSocket, supervisor.HandleAsync);
            supervisor.SetState(s => new VmState { Status = VmStatus.Starting, Supervisor = ProcessTable.Self, Health = supervisor._keptHealth, Doorkeeper = s.Doorkeeper, Ports = s.Ports });
            await announce.WriteLineAsync("ready");
            await announce.DisposeAsync();
            _ = supervisor.WatchLifelineAsync(lifeline);
            await supervisor.LiveAsync();
            await supervisor.WaitForStarterAsync();
            await server.FinishAsync();
            return 0;
        }
        catch (HearthException e)
        {
            return await ReportAsync(announce, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return await ReportAsync(announce, e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_run is not null)
        {
            await _run.DisposeAsync();
        }

        _shares?.Dispose();
        StopTimeout();
        _readinessEnd?.Dispose();
        _pausedHealth.Dispose();
        if (_health is not null)
        {
            await _health.DisposeAsync();
        }

        await _refilling;
        _idleTimer?.Dispose();
        await (_final.Task.IsCompleted ? _idleSuspension : Task.CompletedTask); // It waits for the end, which a failed write may have kept from coming.
        await (_final.Task.IsCompleted ? _healthAction : Task.CompletedTask); // As above.
        _flattening?.Dispose();
        DisposeDoors();
        _output.Dispose();
        _interrupt.Dispose();
        _end.Dispose();
        _freezing.Dispose();
        _egressTurn.Dispose();
    }

    internal static async Task<int> ReportAsync(StreamWriter announce, string message)
    {
        try
        {
            await announce.WriteLineAsync(message.ReplaceLineEndings(" "));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Whoever started us is gone or was told already; state.json says the rest.
        }

        return ExitCodes.HearthFailed;
    }

    /// <summary>Runs the VM, again and again where its restart policy says so, and settles how it ended.</summary>
    private async Task LiveAsync()
    {
        RestartBackoff backoff = new(_time);
        FinalOutcome outcome;
        while (true)
        {
            outcome = await RunOnceAsync();
            if (!_end.IsCancellationRequested && await TakeRollbackAsync())
            {
                ForgetTimeout();
                continue;
            }

            if (!MayRestart(outcome))
            {
                break;
            }

            SetState(s => s with { Status = VmStatus.Restarting, RestartCount = s.RestartCount + 1, ExitCode = outcome.ExitCode, FinishedAt = _time.GetUtcNow() });
            Emit("restart");
            if (!await backoff.WaitAsync(outcome.Ran, _end.Token))
            {
                break;
            }

            ForgetTimeout();
            _progress = new RunProgress();
            RenewInterrupt();
        }

        if (_vm.Spec.AutoRemove)
        {
            await WaitForStarterAsync(); // The socket goes with the VM.
        }

        await SettleAsync(outcome);
    }

    private async Task SettleAsync(FinalOutcome outcome)
    {
        _output.Finish();
        bool suspended = await KeepSuspendedAsync();
        ProcessIdentity? doorkeeper = await PostDoorkeeperAsync(suspended);
        SetState(s => s with
        {
            Status = suspended ? VmStatus.Suspended : VmStatus.Exited,
            SuspendedBy = suspended ? _suspendedBy : null,
            TimeoutUsed = suspended ? UsedOfTimeout() : null,
            Supervisor = null,
            Doorkeeper = doorkeeper,
            Ports = doorkeeper is null ? [] : s.Ports,
            Addresses = [],
            Vmm = null,
            Cgroup = null,
            ExitCode = outcome.ExitCode,
            OomKilled = outcome.OomKilled,
            Error = outcome.Error?.Message ?? WhyCutShort(),
            FinishedAt = _time.GetUtcNow(),
            StoppedByUser = _reason is StopReason.User,
        });
        _posted?.Dispose();
        EmitEnd(suspended, outcome);
        if (_vm.Spec.AutoRemove && !_restarting && !suspended)
        {
            _home.Vms.Remove(_vm);
            Emit("destroy");
        }

        _progress.Fail(outcome.Error ?? new HearthException("vm.not-running", $"VM {_vm.Name} has ended.", null));
        _progress.Ended.TrySetResult(outcome);
        _final.TrySetResult(outcome);
    }

    private string? WhyCutShort() => _reason switch
    {
        StopReason.ClientDied => "The client that it ran for is gone.",
        StopReason.Timeout => "It ran longer than its --timeout.",
        StopReason.Suspended => "It was suspended.",
        _ => null,
    };

    /// <summary>One boot and one container; never throws for what a guest, an image or a user can cause.</summary>
    private async Task<FinalOutcome> RunOnceAsync()
    {
        long start = Stopwatch.GetTimestamp();
        RunProgress progress = _progress;
        FinalOutcome outcome;
        try
        {
            ExitMessage exit = await StartAndFollowAsync(progress, _interrupt.Token);
            outcome = new FinalOutcome(exit.ExitCode, exit.OomKilled, null, _time.GetElapsedTime(start));
            if (exit.OomKilled)
            {
                Emit("oom");
            }
        }
        catch (OperationCanceledException) when (_interrupt.IsCancellationRequested)
        {
            outcome = new FinalOutcome(ExitCodes.SignalBase + 9, false, null, _time.GetElapsedTime(start));
        }
        catch (HearthException e)
        {
            outcome = new FinalOutcome(e.ExitCode, false, e, _time.GetElapsedTime(start));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            outcome = new FinalOutcome(ExitCodes.HearthFailed, false, new HearthException("vm.failed", $"VM {_vm.Name} failed: {e.Message}", "'hearth doctor' checks the host.", inner: e), _time.GetElapsedTime(start));
        }
        finally
        {
            StopTimeout();
            await EndReadinessAsync();
            await EndHealthAsync();
            StopIdleTimer();
            if (_run is { } run)
            {
                _run = null;
                await run.DisposeAsync();
            }

            EndShares();
            if (_flattening is { } flattening)
            {
                _flattening = null;
                await flattening.HoldAsync(); // Its VMM is gone, and so its job ends now.
                flattening.Dispose();
            }

            // After its link: a stream that ends tells its peer, and a frozen link would keep it waiting.
            _container?.Dispose();
            _container = null;
            await CloseNetworkAsync();
            File.Delete(_vm.MemoryBase);
        }

        if (_reason == StopReason.Timeout)
        {
            outcome = outcome with { ExitCode = ExitCodes.TimedOut };
        }

        if (_reason != StopReason.Suspended)
        {
            EmitDie(outcome);
        }

        if (outcome.Error is not null)
        {
            _log.Error(outcome.Error.Message);
            progress.Fail(outcome.Error);
        }

        return outcome;
    }

    private async Task<ExitMessage> StartAndFollowAsync(RunProgress progress, CancellationToken cancellationToken)
    {
        if (_vm.State.Status != VmStatus.Starting)
        {
            SetState(s => s with { Status = VmStatus.Starting });
        }

        StartedGuest guest = await FindGuestAsync(cancellationToken);
        VmRun run = guest.Run;
        _run = run;
        _flattening = FlattenDisksOf(run);
        long sent = Stopwatch.GetTimestamp();
        if (_foreground)
        {
            await _foregroundAttached.Task.WaitAsync(cancellationToken);
        }

        if (guest.ContainerRuns)
        {
            await ResumeSharesAsync(run, guest.Shares, cancellationToken);
        }

        GuestConfiguration configuration = ConfigurationBuilder.Build(_vm.Spec, guest.RootFileSystem, _network?.Network, _time);
        AgentRequest request = guest.ContainerRuns ? new ReattachRequest(configuration) : new RunRequest(configuration, _vm.Spec.Container, StartShares(run));
        AgentSession session = await run.OpenSessionAsync(request, cancellationToken);
        _container = session;
        await Failpoint.ReachAsync(ChainSteps.RestoreAsked, run.Instance);
        ExitMessage exit = await run.FollowAsync(session, _output, OnStartedAsync, cancellationToken);
        if (!_vm.Spec.AutoRemove)
        {
            await run.PowerOffAsync();
        }

        return exit;

        async Task OnStartedAsync(StartedMessage started)
        {
            await Failpoint.ReachAsync(ChainSteps.RestoreStarted, run.Instance);
            await TakePortsAsync();
            guest.Stages["container"] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            _log.Debug(string.Join(", ", guest.Stages.Select(static s => $"{s.Key}: {s.Value:0} ms")));
            HealthState? health = FirstHealth(guest.ContainerRuns);
            SetState(s => s with { Status = VmStatus.Running, StartedAt = guest.ContainerStarted ?? _time.GetUtcNow(), StartStages = guest.Stages, Health = health });
            EmitStart(guest.ContainerStarted is not null);
            if (_foreground)
            {
                FirstStart.Done(_vm);
            }

            StartTimeout();
            StartIdleTimer(run);
            StartHealth(run);
            await _output.BroadcastStartedAsync(started, cancellationToken);
            progress.Started.TrySetResult(started);
            _flattening?.Start();
            WatchReadiness(run, guest.ApplicationKey);
        }
    }

    private bool MayRestart(FinalOutcome outcome)
    {
        bool isWanted = _isRestartWanted;
        _isRestartWanted = false;
        return !_end.IsCancellationRequested && _reason == StopReason.None && (isWanted || _vm.Spec.Restart switch
        {
            RestartPolicy.Always => true,
            RestartPolicy.OnFailure => outcome.ExitCode != 0 && (_vm.Spec.RestartMaxAttempts == 0 || _vm.State.RestartCount < _vm.Spec.RestartMaxAttempts),
            _ => false,
        });
    }

    private void RenewInterrupt()
    {
        if (_interrupt.IsCancellationRequested)
        {
            _interrupt.Dispose();
            _interrupt = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        }
    }

    /// <summary>Ends the VM at once. The first reason is kept.</summary>
    private void End(StopReason reason)
    {
        lock (_stateLock)
        {
            _reason = _reason == StopReason.None ? reason : _reason;
        }

        _end.Cancel();
    }
}
