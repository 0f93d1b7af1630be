using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Engine.Supervision;
using Hearth.Linux;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Linux.Sockets;
using Hearth.Networking.Ports;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Doorkeeping;

// Theory of operation
//
// A VM that suspended itself has no process. When it has published ports, they stay open all the same: its last supervisor leaves their
// sockets with this process, which accepts and reads nothing. It polls. What comes to a socket waits there and makes it readable, the
// doorkeeper has the VM woken as any command would, and the new supervisor, whoever caused it, asks for the sockets and serves what waits.
//
//   supervisor ── line: sockets ──► doorkeeper ── doorkeeper.sock: sockets ──► next supervisor
//
//   Waiting ── a socket is readable ──► Waking ── asked for the sockets ──► ends
//      ▲                                   │
//      └── it failed: refuse what waits ───┘
//
// Who owns the sockets is never in doubt: the VM's state names its doorkeeper (VmState.Doorkeeper). A doorkeeper that is not named there ends;
// so does one whose VM was removed. It is told by inotify(7): states are replaced by renaming. Who makes a VM anything but idle (rm, suspend, a
// reconciliation, a supervisor whose VM ended) ends its doorkeeper as well, by pid, and waits for that: then the ports are free when the command
// returns, and the doorkeeper's own look is for the commands that were killed in between.
//
// The next supervisor connects before the restore, and asks when the container goes on. A restore that fails has taken nothing: the sockets
// and what waits in them are still here. Whoever wakes the VM next tries again.
//
// Invariants:
// - A wake that failed is followed by a refusal of all that waits, so a VM that cannot be woken is not tried without end: once a visitor, and
//   MostFailures times in a row; then the doorkeeper gives up and the ports close.
// - Of a supervisor that was killed before it asked, the state still says that it starts. It is watched (pidfd), and the state made true.
// - Killed itself, this process leaves closed ports and a socket file. The next supervisor binds the ports anew.
//
// Refused: binding in the next supervisor (between two owners a connection is refused, and one that waits is reset), a supervisor that stays (30
// times the memory), and a process for all VMs (who would start it, and what would its death take along?).

/// <summary>Holds the published ports of one VM that suspended itself.</summary>
public sealed class Doorkeeper : IDisposable
{
    /// <summary>In a row. A want of memory passes; a frozen guest that cannot be read does not.</summary>
    internal const int MostFailures = 10;

    /// <summary>Places in what is polled; the ports come after them.</summary>
    private const int Listener = 0;
    private const int Changes = 1;
    private const int WakeEnd = 2;
    private const int SupervisorEnd = 3;
    private const int Asker = 4;
    private const int FirstPort = 5;

    private readonly HearthPaths _paths;
    private readonly string _directory;
    private readonly ProcessIdentity _self = ProcessTable.Self;
    private readonly List<HeldPort> _ports;
    private readonly Socket _listener;
    private readonly DirectoryWatch _changes;
    private readonly SafeFileHandle _wakeEnd;
    private readonly DescriptorStream _wakeEnds;
    private readonly DescriptorStream _wakeEnded;
    private VmModel _vm;
    private Socket? _asker;
    private SafeFileHandle? _supervisor;
    private Task? _waking;
    private int _failures;

    private Doorkeeper(HearthPaths paths, VmModel vm, List<HeldPort> ports)
    {
        _paths = paths;
        _vm = vm;
        _directory = vm.Directory;
        _ports = ports;
        (_wakeEnd, SafeFileHandle ended) = Descriptors.Pipe();
        (_wakeEnds, _wakeEnded) = (new DescriptorStream(_wakeEnd), new DescriptorStream(ended));
        _changes = DirectoryWatch.Open(_directory);
        _listener = DoorkeeperSocket.Listen(_directory);
    }

    /// <summary>The whole life of the process: the body of <c>hearth doorkeeper ID</c>.</summary>
    /// <param name="paths">The home.</param>
    /// <param name="id">The VM's full id.</param>
    /// <param name="line">The descriptor over which the supervisor gives the ports.</param>
    public static int Run(HearthPaths paths, string id, int line)
    {
        ProcessTable.LeaveTerminal();
        Descriptors.CloseInherited(line);
        Descriptors.ReserveStandard("/dev/null");
        List<HeldPort> ports = [];
        try
        {
            using Doorkeeper? doorkeeper = TryTakeOver(paths, id, line, ports);
            GC.Collect(); // What comes next is a wait, of days perhaps.
            doorkeeper?.Serve();
            return doorkeeper is null ? ExitCodes.HearthFailed : 0;
        }
        catch (Exception e) when (e is IOException or SocketException or HearthException)
        {
            return ExitCodes.HearthFailed; // The supervisor sees the line end, and says so.
        }
        finally
        {
            ports.ForEach(static held => held.Dispose());
        }
    }

    public void Dispose()
    {
        _asker?.Dispose();
        _supervisor?.Dispose();
        _listener.Dispose();
        _changes.Dispose();
        _wakeEnds.Dispose();
        _wakeEnded.Dispose();
        _wakeEnd.Dispose();
    }

    private bool IsBeingWoken => _waking is not null || _supervisor is not null;

    private static VmModel? TryRead(string directory) => VmFiles.TryRead(directory) is { } files ? new VmModel(files.Spec, files.State, directory) : null;

    /// <summary>From the first port to the supervisor's end of the line. Null when that died, or its VM was removed, before.</summary>
    private static Doorkeeper? TryTakeOver(HearthPaths paths, string id, int line, List<HeldPort> ports)
    {
        using Socket giver = InheritedSocket.Take(line);
        if (!PortHandOver.TryTake(giver, ports) || TryRead(paths.Vm(id)) is not { } vm)
        {
            return null;
        }

        Doorkeeper doorkeeper = new(paths, vm, ports);
        PortHandOver.Confirm(giver);
        AwaitEnd(giver);
        return doorkeeper;
    }

    /// <summary>The supervisor ends the line when the state is written, or with its death.</summary>
    private static void AwaitEnd(Socket line)
    {
        try
        {
            Span<byte> nothing = stackalloc byte[1];
            line.Receive(nothing);
        }
        catch (SocketException)
        {
            // An end as well.
        }
    }

    private void Serve()
    {
        while (IsNamed() && _failures < MostFailures)
        {
            bool[] ready = ReadySet.Wait(Polled());
            if (ready[Changes])
            {
                _changes.Clear();
            }

            if (ready[Asker] && AnswerAsker())
            {
                return;
            }

            if (ready[WakeEnd])
            {
                SettleWake();
            }

            if (ready[Listener])
            {
                _asker?.Dispose();
                _asker = DoorkeeperSocket.Accept(_listener);
            }

            if (!IsBeingWoken && IsWanted(ready.AsSpan(FirstPort)))
            {
                StartWaking();
            }
        }
    }

    /// <summary>The ports only while nobody wakes the VM: what they are readable for is being done already.</summary>
    private SafeHandle?[] Polled() =>
        [_listener.SafeHandle, _changes.Descriptor, _wakeEnd, _supervisor, _asker?.SafeHandle, .. _ports.Select(held => IsBeingWoken ? null : held.Socket.SafeHandle)];

    /// <summary>Whether the VM is there and this process its doorkeeper. Follows the supervisor that is about to ask, when there is one.</summary>
    private bool IsNamed()
    {
        _supervisor?.Dispose();
        _supervisor = null;
        if (TryRead(_directory) is not { } vm || vm.State.Doorkeeper != _self)
        {
            return false;
        }

        _vm = vm;
        if (vm.State.Supervisor is not { } supervisor)
        {
            return true;
        }

        // One that was killed before it asked leaves a state that is not true. Making it so says whether there is another.
        _supervisor = Follow(supervisor);
        return _supervisor is not null || ExitWait.TryReload(new VmStore(_paths), vm)?.State.Doorkeeper == _self;
    }

    /// <summary>A descriptor that is ready when the process ends; null when it has.</summary>
    private static SafeFileHandle? Follow(ProcessIdentity process)
    {
        try
        {
            SafeFileHandle descriptor = Descriptors.Process(process.Pid);
            if (ProcessTable.IsAlive(process))
            {
                return descriptor;
            }

            descriptor.Dispose();
        }
        catch (ErrnoException)
        {
            // There is none any more.
        }

        return null;
    }

    /// <summary>Whether something waits in a port. An error that a socket has is not something that waits, and is told once.</summary>
    private bool IsWanted(ReadOnlySpan<bool> ready)
    {
        bool wanted = false;
        for (int i = 0; i < _ports.Count; i++)
        {
            wanted |= ready[i] && _ports[i].HasWaiting();
        }

        return wanted;
    }

    private void StartWaking()
    {
        VmModel vm = _vm;
        _waking = Task.Run(() => WakeAsync(vm));
    }

    private async Task WakeAsync(VmModel vm)
    {
        try
        {
            await VmWaker.WakeAsync(_paths, vm, CancellationToken.None);
        }
        finally
        {
            _wakeEnded.WriteByte(0); // This task has all but ended: whoever reads the byte awaits it.
        }
    }

    /// <summary>A supervisor asks for the ports before its VM counts as woken. So a wake whose end is seen here has failed, or somebody else is at it.</summary>
    private void SettleWake()
    {
        _wakeEnds.ReadByte();
        Exception? failure = OutcomeOf(_waking!);
        _waking = null;
        if (!IsNamed() || (failure is null && IsBeingWoken))
        {
            return;
        }

        _failures++;
        SupervisorLog log = new(_vm.SupervisorLog, _vm.Spec.LogLevel, TimeProvider.System);
        log.Error($"doorkeeper: who came to a port was refused, because the VM does not go on: {failure?.Message ?? "its supervisor did not ask for the ports"}");
        if (_failures == MostFailures)
        {
            log.Error($"doorkeeper: that was {MostFailures} times in a row: the ports are closed");
        }

        _ports.ForEach(static held => held.RefuseWaiting());
    }

    private static Exception? OutcomeOf(Task ended)
    {
        try
        {
            ended.GetAwaiter().GetResult();
            return null;
        }
#pragma warning disable CA1031 // The wake's root: it is told in the VM's log.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }

    /// <returns>True when the ports are somebody else's now.</returns>
    private bool AnswerAsker()
    {
        bool given = DoorkeeperSocket.IsAsking(_asker!) && PortHandOver.TryGive(_asker!, _ports);
        _asker!.Dispose();
        _asker = null;
        return given;
    }
}
