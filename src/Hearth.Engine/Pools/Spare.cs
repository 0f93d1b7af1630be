using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Networks;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Engine.Templates;
using Hearth.Images.Store;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Pools;

// Theory of operation
//
// A spare is a supervisor without a VM. It restores the template of its pool's shape, has the guest do once what a run will
// do (a restored QEMU has translated no code yet, and that is most of what a run from a template waits for), stops the vCPUs
// and waits on its control socket.
//
//   Starting -> Ready -> claimed -> a VM's supervisor (Supervisor.TakeOver)
//       |         |         |
//       v         v         v
//      ended: the VMM is killed, directory and record are removed
//
// Claimed is decided here, in one process, so two clients never get one spare. From the claim to Become the client writes the VM's
// spec into the directory, which makes it a VM's; its connection is the life line all that time. Ends: asked to (StopRequest), the
// VMM died, the client went away before Become, SIGKILL. The record in spares/ leads whoever comes next to what a SIGKILL left.

/// <summary>The process that owns one spare.</summary>
public sealed class Spare : IDisposable
{
    /// <summary>The vCPUs' start is answered in a millisecond; a VMM that does not answer is not to be had.</summary>
    private static readonly TimeSpan s_resumeTimeout = TimeSpan.FromSeconds(5);

    private readonly HearthHome _home;
    private readonly SpareStore _spares;
    private readonly VmModel _vm;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource<Supervisor> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SpareRecord _record;
    private FileLock? _single;
#pragma warning disable CA2213 // LiveAsync disposes it, which comes next.
    private ControlServer? _server;
#pragma warning restore CA2213
    private StartedGuest? _guest;

    // Guards _phase. Nothing is awaited under it.
    private readonly Lock _lock = new();
    private Phase _phase = Phase.Starting;

    private Spare(HearthHome home, SpareStore spares, VmModel vm, SpareRecord record)
    {
        _home = home;
        _spares = spares;
        _vm = vm;
        _record = record;
    }

    /// <summary>The whole life of the process: the body of <c>hearth supervisor --spare POOL</c>.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="pool">The pool's key.</param>
    public static async Task<int> RunAsync(HearthPaths paths, string pool)
    {
        ProcessTable.LeaveTerminal();
        QemuEngine.Prepare();
        using StreamWriter announce = new(Console.OpenStandardOutput()) { AutoFlush = true };
        try
        {
            await StandReadyAsync(HearthHome.Open(paths), pool, announce);
            return 0;
        }
        catch (Exception e) when (e is HearthException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            await SayAsync(announce, e.Message.ReplaceLineEndings(" "));
            return ExitCodes.HearthFailed;
        }
    }

    private static async Task StandReadyAsync(HearthHome home, string pool, StreamWriter announce)
    {
        SpareStore spares = new(home.Paths);
        spares.Sweep();
        if (new PoolStore(home.Paths).Find(pool) is not { } wish)
        {
            await SayAsync(announce, SpareLauncher.Enough);
            return;
        }

        string imageId = new ImageStore(home.Paths, TimeProvider.System).Require(wish.Image).Id;
        VmSpec spec = wish.ToSpec(VmId.New(), imageId, TimeProvider.System.GetUtcNow());
        TemplateShape shape = await LaunchPlan.FindShapeAsync(home.Paths, spec, CancellationToken.None);
        SpareRecord record = new()
        {
            Id = spec.Id,
            Pool = pool,
            Shape = shape.Key(),
            Status = SpareStatus.Starting,
            Supervisor = ProcessTable.Self,
            Created = spec.Created,
        };
        Spare spare = new(home, spares, new VmModel(spec, new VmState(), home.Paths.Vm(spec.Id)), record);
        if (!await spares.TryRegisterAsync(record, wish.Count, spare.Listen, CancellationToken.None))
        {
            spare.Dispose();
            await SayAsync(announce, SpareLauncher.Enough);
            return;
        }

        // Whoever ends a pool takes the wish away first and then looks for spares: one of both sees the other.
        if (new PoolStore(home.Paths).Find(pool) is null)
        {
            await spare._end.CancelAsync();
        }

        try
        {
            await spare.LiveAsync(shape, announce);
        }
        finally
        {
            spares.Discard(record.Id);
            spare._gone.TrySetResult();
            spare.Dispose();
        }
    }

    public void Dispose()
    {
        _single?.Dispose();
        _end.Dispose();
    }

    /// <summary>Whoever started it may be gone long since.</summary>
    private static async Task SayAsync(StreamWriter announce, string line)
    {
        try
        {
            await announce.WriteLineAsync(line);
            await announce.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // See above.
        }
    }

    /// <summary>Preconditions: the directory is there and known to nobody else.</summary>
    private void Listen()
    {
        _single = FileLock.TryAcquire(_vm.SupervisorLock)
            ?? throw new HearthException("spare.failed", $"Somebody else holds {_vm.Directory}.", null);
        _server = ControlServer.Listen(_vm.ControlSocket, HandleAsync);
    }

    private async Task LiveAsync(TemplateShape shape, StreamWriter announce)
    {
        await using ControlServer server = _server!;
        Supervisor? taken = null;
        RunningNetwork? network = null;
        try
        {
            network = await RunningNetwork.OpenAsync(_home.Paths, _vm.Spec, TimeProvider.System, static _ => { }, _end.Token);
            GuestLauncher launcher = new(_home.Paths, TimeProvider.System, network?.Network, RecordVmm, static _ => { });
            _guest = (await launcher.RestoreAsync(_vm, shape, _end.Token)) with { Network = network };
            await SpareWarming.WarmAsync(_guest, _vm.Spec, shape.Assets.ImageConfig, TimeProvider.System, _end.Token);
            await _guest.Run.Instance.PauseAsync(_end.Token);
            RequireNotEnding(TryPass(Phase.Starting, Phase.Ready));
            Record(_record with { Status = SpareStatus.Ready });
            _ready.TrySetResult();
            await SayAsync(announce, SpareLauncher.Ready);
            taken = await WaitAsync(_guest.Run.Instance);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Asked to end.
        }
        finally
        {
            if (taken is null)
            {
                await (_guest?.Run.DisposeAsync() ?? ValueTask.CompletedTask);
                await (network?.DisposeAsync() ?? ValueTask.CompletedTask);
            }
        }

        if (taken is not null)
        {
            await using (taken)
            {
                await taken.LiveAsSpareAsync(_record.Pool);
            }

            await server.FinishAsync();
        }
        else
        {
            _spares.Discard(_record.Id);
            _gone.TrySetResult();
            await server.FinishAsync();
        }
    }

    /// <summary>Null when it was not taken: asked to end, or the VMM died.</summary>
    private async Task<Supervisor?> WaitAsync(IVmInstance instance)
    {
        Task asked = Task.Delay(Timeout.Infinite, _end.Token); // The token as an event: time never ends it.
        if (await Task.WhenAny(_taken.Task, asked, instance.Exited) == instance.Exited && !TryPass(Phase.Ready, Phase.Ending))
        {
            // It was claimed just before: its owner's next step fails, or finds a VM that has ended.
            await Task.WhenAny(_taken.Task, asked);
        }

        return _taken.Task.IsCompletedSuccessfully ? await _taken.Task : null;
    }

    private bool TryPass(Phase from, Phase to)
    {
        lock (_lock)
        {
            bool passes = _phase == from;
            _phase = passes ? to : _phase;
            return passes;
        }
    }

    private void RequireNotEnding(bool passed)
    {
        if (!passed)
        {
            throw new OperationCanceledException(_end.Token);
        }
    }

    private async Task HandleAsync(Stream stream, FrameReader reader, FrameWriter writer)
    {
        if (_taken.Task.IsCompletedSuccessfully)
        {
            await (await _taken.Task).HandleAsync(stream, reader, writer);
            return;
        }

        switch (await ReadRequestAsync(reader))
        {
            case ClaimRequest claim:
                await ServeOwnerAsync(claim, reader, writer);
                break;
            case WaitStartedRequest:
                await Task.WhenAny(_ready.Task, _gone.Task);
                await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
                break;
            case StopRequest:
                await EndAsync(writer);
                break;
            default:
                throw new HearthException("vm.not-running", "This VM stands ready and was not taken yet.", null, 1);
        }
    }

    private static async Task<ControlRequest?> ReadRequestAsync(FrameReader reader) =>
        await reader.ReadAsync(CancellationToken.None) is { Type: FrameType.Request } frame ? FrameReader.Parse(frame.Payload, ProtocolJson.Default.ControlRequest) : null;

    /// <summary>Ends the spare unless somebody has it.</summary>
    private async Task EndAsync(FrameWriter writer)
    {
        if (TryPass(Phase.Starting, Phase.Ending) || TryPass(Phase.Ready, Phase.Ending))
        {
            await _end.CancelAsync();
            await _gone.Task;
        }

        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
    }

    /// <summary>From the claim to the end of the client's connection. Whatever goes wrong before Become ends the spare: nobody else may have it then.</summary>
    private async Task ServeOwnerAsync(ClaimRequest claim, FrameReader reader, FrameWriter writer)
    {
        if (claim.Shape != _record.Shape || !TryPass(Phase.Ready, Phase.Claimed))
        {
            throw new HearthException("spare.taken", "Somebody else was faster.", null);
        }

        Supervisor supervisor;
        try
        {
            StartedGuest guest = _guest!;
            Task running = guest.Run.Instance.ResumeAsync(_end.Token);
            await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
            bool foreground = await ReadRequestAsync(reader) is BecomeRequest become
                ? become.Foreground
                : throw new HearthException("spare.taken", "Its owner went away.", null);
            await running.WaitAsync(s_resumeTimeout);
            supervisor = Supervisor.TakeOver(_home, _home.Vms.Find(_record.Id), guest, foreground);
        }
        catch (Exception e) when (e is HearthException or IOException or InvalidDataException or TimeoutException or OperationCanceledException)
        {
            await _end.CancelAsync();
            throw e as HearthException ?? new HearthException("spare.failed", $"The VM that stood ready cannot be used: {e.Message}", null, inner: e);
        }

        _spares.Forget(_record.Id);
        _taken.TrySetResult(supervisor);
        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
        await supervisor.FollowOwnerAsync(reader);
    }

    private void RecordVmm(IVmInstance instance) => Record(_record with { Vmm = instance.Process, Cgroup = string.Join(':', instance.Cgroups) });

    private void Record(SpareRecord record)
    {
        _record = record;
        _spares.Write(record);
    }

    private enum Phase
    {
        Starting,
        Ready,
        Claimed,
        Ending,
    }
}
