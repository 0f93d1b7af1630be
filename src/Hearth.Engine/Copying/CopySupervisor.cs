using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Engine.Disks;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Copying;

// Theory of operation
//
// A VM that does not run is copied from and to by a guest that is booted for that, with the VM's disk and no container. The
// VM's state does not change: state.json is not written, nothing is said in events. What others see of it is the supervisor's
// lock, which keeps starts and removals away, the mark (CopyMark), which says why, and the control socket.
//
// Actors: the clients that hold the guest (HoldCopyRequest), one of which started it (the life line). A client holds it for the
// whole of a `hearth cp`, which is several requests. The guest ends when nobody holds it any more: let go, killed, or told that there
// is no guest. So a killed client costs only its own copy. The life line counts until the starter's own hold, which is the first:
// others find the guest after that (copy.lock).
//
//   booting ── root mounted ──► serving ── last holder gone, or rm -f ──► ending ──► ended
//
// Ending: copies under way are cut off, the guest syncs, unmounts and powers off, the socket and the mark go, the lock is let go, and
// only then the last holder is told: whoever was told may start the VM at once. Who comes while it ends is sent away (copy.ending) and
// starts over.

/// <summary>The process that serves copies of one VM that does not run.</summary>
public sealed class CopySupervisor : IDisposable
{
    /// <summary>The line that says that somebody else has the VM.</summary>
    internal const string Busy = "busy";

    /// <summary>Enough to boot and to copy, whatever the container needs: pages that were copied are written out and used again.</summary>
    private const long MostMemoryBytes = 256L << 20;

    private readonly HearthPaths _paths;
    private readonly VmModel _vm;
    private readonly SupervisorLog _log;
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<VmRun> _guest;

    // Guards the fields below. Nothing is awaited under it.
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _copies = [];
    private int _holders;
    private bool _starterGone; // Or holds.
    private bool _written;
    private bool _discarded;

    private CopySupervisor(HearthPaths paths, VmModel vm)
    {
        _paths = paths;
        _vm = vm with { Spec = vm.Spec with { MemoryBytes = Math.Min(vm.Spec.MemoryBytes, MostMemoryBytes), Vcpus = 1 } };
        _log = new SupervisorLog(vm.SupervisorLog, vm.Spec.LogLevel, TimeProvider.System);
        GuestLauncher launcher = new(paths, TimeProvider.System, null, instance => CopyMark.Write(vm, instance.Cgroups), _log.Warning);
        _guest = launcher.BootBareAsync(_vm, CopyMark.ConsoleLog(vm), _end.Token);
    }

    /// <summary>The whole life of the process: the body of <c>hearth supervisor --copy ID</c>.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="id">The VM's full id.</param>
    public static async Task<int> RunAsync(HearthPaths paths, string id)
    {
        ProcessTable.LeaveTerminal();
        QemuEngine.Prepare();
        using Stream lifeline = Console.OpenStandardInput();
        using StreamWriter announce = new(Console.OpenStandardOutput()) { AutoFlush = true };
        try
        {
            HearthHome home = HearthHome.Open(paths);
            VmModel vm = home.Vms.Find(id);
            using FileLock? single = FileLock.TryAcquire(vm.SupervisorLock);
            vm = home.Vms.Reload(vm);
            if (single is null || vm.IsActive)
            {
                return await Supervisor.ReportAsync(announce, Busy);
            }

            CopyRules.Require(vm);
            CopyMark.Write(vm, []);
            await ServeAsync(paths, vm, single, lifeline, announce);
            return 0;
        }
        catch (Exception e) when (e is HearthException or IOException or UnauthorizedAccessException)
        {
            return await Supervisor.ReportAsync(announce, e.Message);
        }
    }

    public void Dispose() => _end.Dispose();

    private static async Task ServeAsync(HearthPaths paths, VmModel vm, FileLock single, Stream lifeline, StreamWriter announce)
    {
        bool hadDisk = DiskChain.Read(vm).Count > 0;
        using CopySupervisor supervisor = new(paths, vm);
        await using ControlServer server = ControlServer.Listen(vm.ControlSocket, supervisor.HandleAsync);
        await announce.WriteLineAsync("ready");
        await announce.DisposeAsync();
        _ = supervisor.WatchLifelineAsync(lifeline);
        bool clean = await supervisor.LiveAsync(hadDisk);
        await server.CloseAsync();
        CopyMark.Remove(vm.Directory);
        single.Dispose();
        supervisor._ended.TrySetResult(clean);
        await server.FinishAsync();
    }

    /// <summary>From the boot's start until nothing of the guest runs. Never throws for what a guest or a client can cause.</summary>
    /// <returns>Whether the disk is as the last copy left it.</returns>
    private async Task<bool> LiveAsync(bool hadDisk)
    {
        await _ending.Task;
        await _end.CancelAsync();
        bool clean = true;
        try
        {
            await using VmRun run = await _guest;
            await CutOffCopiesAsync();
            clean = _discarded || await run.PowerOffAsync();
        }
        catch (OperationCanceledException)
        {
            // Everybody has gone before it was there.
        }
        catch (Exception e) when (e is HearthException or IOException or UnauthorizedAccessException)
        {
            // It did not come up: whoever waited for it was told.
            _log.Warning($"no guest for copies: {e.Message}");
        }

        if (!hadDisk && !_written)
        {
            // Nothing was put on it: without it the first start can still go on from a template.
            File.Delete(_vm.WritableDisk);
        }

        return clean;
    }

    private async Task CutOffCopiesAsync()
    {
        Task[] left;
        lock (_lock)
        {
            left = [.. _copies];
        }

        // Each ends by itself: its stream was reset when _end was cancelled.
        await Task.WhenAll(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WatchLifelineAsync(Stream lifeline)
    {
        try
        {
            _ = await lifeline.ReadAsync(new byte[1]);
        }
        catch (IOException)
        {
            // Gone in another way.
        }

        Change(() => _starterGone = true);
    }

    private async Task HandleAsync(Stream stream, FrameReader reader, FrameWriter writer)
    {
        if (await reader.ReadAsync(CancellationToken.None) is not { Type: FrameType.Request } first)
        {
            throw new InvalidDataException("A connection starts with a request.");
        }

        ControlRequest request = FrameReader.Parse(first.Payload, ProtocolJson.Default.ControlRequest);
        _log.Debug($"asked: {request.GetType().Name}");
        await DispatchAsync(request, stream, reader, writer);
    }

    private Task DispatchAsync(ControlRequest request, Stream stream, FrameReader reader, FrameWriter writer) => request switch
    {
        HoldCopyRequest => HoldAsync(reader, writer),
        CopyOutRequest copy => CopyAsync(new GuestCopyOutRequest(copy.Path, copy.FollowLink, AtRest: true), stream, writes: false),
        CopyInRequest copy => CopyAsync(new GuestCopyInRequest(copy.Path, copy.StatOnly, copy.KeepOwner, AtRest: true), stream, writes: !copy.StatOnly),
        StopRequest { Discard: true } => DiscardAsync(writer),
        _ => throw new HearthException("vm.not-running", $"VM {_vm.Name} is {Words.Of(_vm.State.Status)}, not running.", $"Start it with 'hearth start {_vm.Name}'.", 1),
    };

    private async Task HoldAsync(FrameReader reader, FrameWriter writer)
    {
        // The first one is the starter's: from here on its hold says whether it lives, and not its life line.
        Change(() =>
        {
            _holders++;
            _starterGone = true;
        });
        Task<Frame?> letsGo = reader.ReadAsync(CancellationToken.None).AsTask();
        bool told = false;
        try
        {
            if (await Task.WhenAny(_guest, letsGo) == letsGo)
            {
                return;
            }

            await _guest;
            await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
            told = await letsGo is { Type: FrameType.StdinEof };
        }
        finally
        {
            Change(() => _holders--);
        }

        if (told)
        {
            await TellEndAsync(writer);
        }
    }

    private async Task TellEndAsync(FrameWriter writer)
    {
        if (!_ending.Task.IsCompleted)
        {
            await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
            return;
        }

        if (!await _ended.Task)
        {
            throw CopyHold.Unclean(_vm.Name, null);
        }

        await writer.WriteJsonAsync(FrameType.Exit, new ExitMessage(0), ProtocolJson.Default.ExitMessage, CancellationToken.None);
    }

    /// <summary>The VM is removed next: what is on its disk does not matter any more.</summary>
    private async Task DiscardAsync(FrameWriter writer)
    {
        _discarded = true;
        _ending.TrySetResult();
        await _ended.Task;
        await writer.WriteAsync(FrameType.Reply, default, CancellationToken.None);
    }

    private async Task CopyAsync(AgentRequest request, Stream client, bool writes)
    {
        if (writes && _vm.Spec.Container.ReadOnly)
        {
            throw new HearthException("copy.read-only", $"The root of VM {_vm.Name} is read-only.", "Nothing can be copied into it; make a VM without --read-only.", 1);
        }

        VmRun run = await _guest;
        Task copy = RelayAsync(run, request, client);
        lock (_lock)
        {
            _written |= writes;
            _copies.Add(copy);
        }

        try
        {
            await copy;
        }
        finally
        {
            lock (_lock)
            {
                _copies.Remove(copy);
            }
        }
    }

    private async Task RelayAsync(VmRun run, AgentRequest request, Stream client)
    {
        using AgentSession session = await run.Agent.OpenAsync(request, _end.Token);
        await using CancellationTokenRegistration cut = _end.Token.Register(session.Stream.Dispose);
        await session.SpliceAsync(client);
    }

    /// <summary>Changes who holds the guest, and begins its end when that was the last.</summary>
    /// <exception cref="HearthException"><c>copy.ending</c>: it has begun.</exception>
    private void Change(Action change)
    {
        lock (_lock)
        {
            int before = _holders;
            change();
            if (_holders > before && _ending.Task.IsCompleted)
            {
                _holders = before;
                throw new HearthException(CopyHold.Ending, $"The guest that copied for VM {_vm.Name} is about to end.", "Try again.");
            }

            if (_holders == 0 && _starterGone)
            {
                _ending.TrySetResult();
            }
        }
    }
}
