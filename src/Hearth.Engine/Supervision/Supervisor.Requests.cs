using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Supervision;

/// <content>What clients ask for.</content>
public sealed partial class Supervisor
{
    /// <summary>After SIGKILL a container is gone as soon as the guest's kernel runs; then the VM is ended instead.</summary>
    private static readonly TimeSpan s_killTimeout = TimeSpan.FromSeconds(10);

    /// <summary>An agent that has not taken a SIGKILL after so long stands still: it answers in milliseconds, on a busy emulated machine in hundreds.</summary>
    private static readonly TimeSpan s_killAnswerTimeout = TimeSpan.FromSeconds(5);

    internal async Task HandleAsync(Stream stream, FrameReader reader, FrameWriter writer)
    {
        if (await reader.ReadAsync(CancellationToken.None) is not { Type: FrameType.Request } first)
        {
            throw new InvalidDataException("A connection starts with a request.");
        }

        ControlRequest request = FrameReader.Parse(first.Payload, ProtocolJson.Default.ControlRequest);
        _log.Debug($"asked: {request.GetType().Name}");
        using IDisposable? session = await EnterAsync(request);
        await DispatchAsync(request, stream, reader, writer);
    }

    private Task DispatchAsync(ControlRequest request, Stream stream, FrameReader reader, FrameWriter writer) => request switch
    {
        AttachRequest attach => AttachAsync(attach, reader, writer),
        WaitStartedRequest => WaitStartedAsync(writer),
        WaitExitRequest => WaitExitAsync(writer),
        WaitHealthyRequest => WaitHealthyAsync(writer),
        ExecRequest { Detach: true } exec => ExecDetachedAsync(exec, writer),
        ExecRequest exec => SpliceAsync(new GuestExecRequest(exec.Process, exec.InVm), stream, "exec_start"),
        CopyOutRequest copy => SpliceAsync(new GuestCopyOutRequest(copy.Path, copy.FollowLink), stream, null),
        CopyInRequest copy => SpliceAsync(new GuestCopyInRequest(copy.Path, copy.StatOnly, copy.KeepOwner), stream, null),
        StopRequest stop => ReplyAsync(writer, StopAsync(stop)),
        KillRequest kill => ReplyAsync(writer, KillAsync(kill.Signal)),
        PauseRequest => ReplyAsync(writer, PauseAsync()),
        UnpauseRequest => ReplyAsync(writer, UnpauseAsync()),
        CaptureStateRequest capture => CaptureAsync(capture, writer),
        SuspendRequest => ReplyAsync(writer, SuspendAsync(SuspendCause.User)),
        RollbackRequest rollback => ReplyAsync(writer, RollbackAsync(rollback)),
        TopRequest => TopAsync(writer),
        StatsRequest stats => StatsAsync(stats, writer),
        KeepAwakeRequest => KeepAwakeAsync(reader, writer),
        ChangePortsRequest ports => ReplyAsync(writer, ChangePortsAsync(ports)),
        ChangeMembershipRequest membership => ReplyAsync(writer, ChangeMembershipAsync(membership)),
        ChangeEgressRequest egress => ReplyAsync(writer, ChangeEgressAsync(egress.Change)),
        RenameRequest rename => ReplyAsync(writer, RenameAsync(rename.Name)),
        _ => throw new InvalidDataException("An unknown request."),
    };

    private async Task ReplyAsync(FrameWriter writer, Task work)
    {
        await ToldAsync(work);
        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
    }

    private async Task WaitStartedAsync(FrameWriter writer) => await writer.WriteJsonAsync(
        FrameType.Started, await _progress.Started.Task, ProtocolJson.Default.StartedMessage, CancellationToken.None);

    private async Task WaitExitAsync(FrameWriter writer) => await WriteExitAsync(writer, await _final.Task);

    private static ValueTask WriteExitAsync(FrameWriter writer, FinalOutcome outcome) => writer.WriteJsonAsync(
        FrameType.Exit, new ExitMessage(outcome.ExitCode, 0, outcome.OomKilled), ProtocolJson.Default.ExitMessage, CancellationToken.None);

    private async Task AttachAsync(AttachRequest request, FrameReader reader, FrameWriter writer)
    {
        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
        RunProgress progress = _progress;
        _output.Attach(writer);
        try
        {
            if (progress.Started.Task.IsCompletedSuccessfully)
            {
                await WaitStartedAsync(writer);
            }

            if (request.Foreground)
            {
                _foregroundAttached.TrySetResult();
                _starterTold.TrySetResult();
            }

            Task clientGone = RelayInputAsync(request, progress, reader);
            if (await Task.WhenAny(_final.Task, clientGone) == clientGone)
            {
                return;
            }
        }
        finally
        {
            _output.Detach(writer);
        }

        FinalOutcome outcome = await _final.Task;
        if (outcome.Error is { } error)
        {
            throw error;
        }

        await WriteExitAsync(writer, outcome);
    }

    /// <summary>Passes a client's input to the container. Ends only when the client's connection ends.</summary>
    private async Task RelayInputAsync(AttachRequest request, RunProgress progress, FrameReader reader)
    {
        try
        {
            while (await reader.ReadAsync(CancellationToken.None) is { } frame)
            {
                bool input = frame.Type is FrameType.Stdin or FrameType.StdinEof;
                if ((input && request.Stdin) || frame.Type is FrameType.Resize or FrameType.Signal)
                {
                    await PassInputAsync(progress, frame);
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException)
        {
            // The client is gone.
        }
    }

    /// <summary>Input for a container that could not be started, or has ended, goes nowhere: its own event tells the client.</summary>
    private async Task PassInputAsync(RunProgress progress, Frame frame)
    {
        try
        {
            await progress.Started.Task;
            if (_container is { } container)
            {
                await container.Writer.WriteAsync(frame.Type, frame.Payload, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is LinkException or ObjectDisposedException or HearthException)
        {
            // See above.
        }
    }

    private async Task SpliceAsync(AgentRequest request, Stream client, string? action)
    {
        VmRun run = RequireRunning();
        using AgentSession session = await run.Agent.OpenAsync(request, CancellationToken.None);
        if (action is not null)
        {
            Emit(action);
        }

        await session.SpliceAsync(client);
    }

    private async Task ExecDetachedAsync(ExecRequest request, FrameWriter writer)
    {
        VmRun run = RequireRunning();
        AgentSession session = await run.Agent.OpenAsync(new GuestExecRequest(request.Process, request.InVm), CancellationToken.None);
        Frame frame = await session.Reader.ReadAsync(CancellationToken.None) ?? throw new HearthException("guest.gone", "The VM ended during the request.");
        if (frame.Type == FrameType.Error)
        {
            session.Dispose();
            throw Client.ControlConnection.ToException(frame.Payload);
        }

        Emit("exec_start");
        await writer.WriteAsync(FrameType.Started, frame.Payload, CancellationToken.None);
        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
        _ = DrainAsync(session);
    }

    /// <summary>Owns a detached process's session: reads its output away until it ends.</summary>
    private static async Task DrainAsync(AgentSession session)
    {
        try
        {
            while (await session.Reader.ReadAsync(CancellationToken.None) is { Type: not FrameType.Exit })
            {
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // The VM ended first.
        }
        finally
        {
            session.Dispose();
        }
    }

    private async Task StopAsync(StopRequest request)
    {
        lock (_stateLock)
        {
            _reason = _reason == StopReason.None ? StopReason.User : _reason;
            _restarting |= request.Restarting;
        }

        if (request.Discard)
        {
            // What it wrote goes too: there is nothing to be sent a signal for, or to be synced.
            Emit("kill", ("signal", "9"));
            End(StopReason.User);
        }
        else if (_vm.State.Status == VmStatus.Paused)
        {
            await UnpauseAsync();
        }

        if (!request.Discard && _vm.State.Status == VmStatus.Running && _run is { } run)
        {
            _ = await HoldHealthAsync(); // For good.
            SetState(s => s with { Status = VmStatus.Stopping });
            string name = request.Signal ?? _vm.Spec.Container.StopSignal;
            int signal = SignalName.TryParse(name, out int number) ? number : SignalName.Term;
            int seconds = request.TimeoutSeconds ?? _vm.Spec.StopTimeoutSeconds;
            Emit("kill", ("signal", signal.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            if (!await SignalAndWaitAsync(run, signal, seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds)))
            {
                await KillContainerAsync(run, ignoreAnswer: true);
            }
        }

        if (!_final.Task.IsCompleted && _vm.State.Status is not VmStatus.Stopping)
        {
            End(StopReason.User);
        }

        try
        {
            await _final.Task.WaitAsync(s_killTimeout);
        }
        catch (TimeoutException)
        {
            End(StopReason.User);
            await _final.Task;
        }

        Emit("stop");
    }

    /// <summary>True when the container ended in time. The agent's answer is part of that time: it may stand still.</summary>
    private async Task<bool> SignalAndWaitAsync(VmRun run, int signal, TimeSpan timeout)
    {
        long start = _time.GetTimestamp();
        try
        {
            await run.Agent.CallAsync(new GuestSignalRequest(signal), timeout, CancellationToken.None);
            TimeSpan left = timeout - _time.GetElapsedTime(start);
            await _final.Task.WaitAsync(timeout < TimeSpan.Zero ? timeout : left > TimeSpan.Zero ? left : TimeSpan.Zero);
            return true;
        }
        catch (HearthException)
        {
            return _final.Task.IsCompleted; // The container or the VM went first.
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task KillAsync(string name)
    {
        if (!SignalName.TryParse(name, out int signal))
        {
            throw new HearthException("signal.unknown", $"There is no signal '{name}'.", "Use a name or number of signal(7), as in SIGTERM, TERM or 15.", ExitCodes.HearthFailed);
        }

        if (_vm.State.Status == VmStatus.Paused && signal == SignalName.Kill)
        {
            await UnpauseAsync();
        }

        VmRun run = RequireRunning();
        bool ends = signal == SignalName.Kill || (SignalName.TryParse(_vm.Spec.Container.StopSignal, out int stop) && stop == signal);
        if (ends)
        {
            lock (_stateLock)
            {
                _reason = _reason == StopReason.None ? StopReason.User : _reason;
            }
        }

        Emit("kill", ("signal", signal.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if (signal == SignalName.Kill)
        {
            await KillContainerAsync(run, ignoreAnswer: false);
        }
        else
        {
            await run.Agent.CallAsync(new GuestSignalRequest(signal), s_killAnswerTimeout, CancellationToken.None);
        }
    }

    /// <summary>Sends SIGKILL and waits for the container's end; ends a VM that does not answer or come to its end.</summary>
    private async Task KillContainerAsync(VmRun run, bool ignoreAnswer)
    {
        try
        {
            await run.Agent.CallAsync(new GuestSignalRequest(SignalName.Kill), s_killAnswerTimeout, CancellationToken.None);
            await _final.Task.WaitAsync(s_killTimeout);
        }
        catch (Exception e) when (e is TimeoutException or HearthException { Code: "guest.no-answer" or "guest.gone" })
        {
            _log.Warning("the VM did not end after SIGKILL to its container: it is ended");
            End(StopReason.User);
            await _final.Task;
        }
        catch (HearthException) when (ignoreAnswer)
        {
            // The container went first; the VM is on its way.
        }
    }

    private async Task PauseAsync()
    {
        VmRun run = RequireRunning();
        IDisposable noChecks = await HoldHealthAsync();
        try
        {
            await run.Instance.PauseAsync(CancellationToken.None);
        }
        catch
        {
            noChecks.Dispose();
            throw;
        }

        _pausedHealth = noChecks;
        SetState(s => s with { Status = VmStatus.Paused });
        Emit("pause");
    }

    private async Task UnpauseAsync()
    {
        if (_vm.State.Status != VmStatus.Paused || _run is not { } run)
        {
            throw new HearthException("vm.not-paused", $"VM {_vm.Name} is not paused.", null, 1);
        }

        await run.Instance.ResumeAsync(CancellationToken.None);
        SetState(s => s with { Status = VmStatus.Running });
        await run.Agent.CallAsync(new SetTimeRequest(ConfigurationBuilder.UnixNanoseconds(_time)), CancellationToken.None);
        _pausedHealth.Dispose();
        Emit("unpause");
    }

    private async Task TopAsync(FrameWriter writer) => await writer.WriteAsync(
        FrameType.Reply, await RequireRunning().Agent.CallAsync(new GuestTopRequest(), CancellationToken.None), CancellationToken.None);

    private async Task StatsAsync(StatsRequest request, FrameWriter writer)
    {
        using PeriodicTimer second = new(TimeSpan.FromSeconds(1), _time);
        do
        {
            VmStats stats = await ReadStatsAsync();
            await writer.WriteJsonAsync(FrameType.Reply, stats, ProtocolJson.Default.VmStats, CancellationToken.None);
        }
        while (request.Stream && !_final.Task.IsCompleted && await second.WaitForNextTickAsync(_end.Token));
    }

    private async Task<VmStats> ReadStatsAsync()
    {
        StatsReply? guest = null;
        if (_run is { } run && _vm.State.Status == VmStatus.Running)
        {
            byte[] answer = await run.Agent.CallAsync(new GuestStatsRequest(), CancellationToken.None);
            guest = FrameReader.Parse(answer, ProtocolJson.Default.StatsReply);
        }

        long vmm = _run is { } live ? ProcessTable.ResidentBytes(live.Instance.Process.Pid) : 0;
        return new VmStats(guest, vmm, ProcessTable.ResidentBytes(Environment.ProcessId), ConfigurationBuilder.UnixNanoseconds(_time));
    }

    /// <exception cref="HearthException"><c>vm.paused</c>, <c>vm.not-running</c>.</exception>
    private VmRun RequireRunning() => _vm.State.Status switch
    {
        VmStatus.Running or VmStatus.Stopping when _run is { } run => run,
        VmStatus.Paused => throw new HearthException("vm.paused", $"VM {_vm.Name} is paused.", $"'hearth unpause {_vm.Name}' lets it go on.", 1),
        _ => throw new HearthException("vm.not-running", _vm.State.Status == VmStatus.Running ? $"VM {_vm.Name} is about to end." : $"VM {_vm.Name} is {Words.Of(_vm.State.Status)}, not running.", $"'hearth logs {_vm.Name}' may say why.", 1),
    };
}
