using System.Diagnostics;
using Hearth.Core.Specs;
using Hearth.Engine.Doorkeeping;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Linux.Processes;

namespace Hearth.Engine.Tests.Doorkeeping;

/// <summary>What the state says of a doorkeeper, and what becomes of that one. The doorkeeper is a process that does nothing.</summary>
public sealed class NamedDoorkeeperTests : IDisposable
{
    private static readonly PublishedPort s_port = new("127.0.0.1", 8080, 80, PortProtocol.Tcp);

    private readonly TemporaryHome _home = new();
    private readonly Process _process = Process.Start("sleep", "1000000");

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _home.Dispose();
    }

    [Fact]
    public void An_idle_vm_shows_its_ports_while_its_doorkeeper_lives()
    {
        VmModel vm = Idle();
        vm.State.Ports.ShouldBe([s_port]);

        _process.Kill();
        _process.WaitForExit();

        VmModel now = _home.Vms.Reload(vm);
        now.State.Ports.ShouldBeEmpty();
        now.State.Doorkeeper.ShouldBeNull();
        now.IsIdle.ShouldBeTrue();
    }

    [Fact]
    public void Who_removes_the_vm_ends_its_doorkeeper()
    {
        _home.Vms.Remove(Idle());

        ProcessTable.Identify(_process.Id).ShouldBeNull();
    }

    [Fact]
    public async Task Who_suspends_an_idle_vm_ends_its_doorkeeper()
    {
        VmModel vm = Idle();

        (await VmWaker.KeepAsleepAsync(_home.Paths, vm, CancellationToken.None)).ShouldBeTrue();

        ProcessTable.Identify(_process.Id).ShouldBeNull();
        VmState state = _home.Vms.Reload(vm).State;
        (state.SuspendedBy, state.Doorkeeper, state.Ports.Count).ShouldBe((SuspendCause.User, null, 0));
    }

    [Fact]
    public void A_supervisor_that_was_killed_before_it_asked_leaves_no_doorkeeper()
    {
        VmModel vm = Idle();
        using Process killed = Process.Start("sleep", "1000000");
        ProcessIdentity supervisor = ProcessTable.Identify(killed.Id)!.Value;
        killed.Kill();
        killed.WaitForExit();
        VmFiles.WriteState(vm.Directory, vm.State with { Status = VmStatus.Starting, Supervisor = supervisor });

        VmState state = _home.Vms.Reload(vm).State;

        (state.Status, state.Doorkeeper, state.Ports.Count).ShouldBe((VmStatus.Exited, null, 0));
        ProcessTable.Identify(_process.Id).ShouldBeNull();
    }

    [Fact]
    public void Another_process_with_its_number_is_left_alone()
    {
        ProcessIdentity process = ProcessTable.Identify(_process.Id)!.Value;

        DoorkeeperSocket.End(new VmState { Doorkeeper = process with { StartTicks = process.StartTicks - 1 } });

        ProcessTable.Identify(_process.Id).ShouldBe(process);
    }

    [Fact]
    public void A_socket_file_that_was_left_leads_nowhere()
    {
        VmModel vm = Idle();
        DoorkeeperSocket.TryConnect(vm with { State = vm.State with { Doorkeeper = null } }).ShouldBeNull();
        using (DoorkeeperSocket.Listen(vm.Directory))
        {
            using DoorkeeperSocket? connected = DoorkeeperSocket.TryConnect(vm);
            connected!.Ports.ShouldBe([s_port]);
        }

        // What is named and does not listen is ended, so that its ports are free.
        DoorkeeperSocket.TryConnect(vm).ShouldBeNull();
        ProcessTable.Identify(_process.Id).ShouldBeNull();
    }

    private VmModel Idle()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        VmFiles.WriteState(vm.Directory, new VmState
        {
            Status = VmStatus.Suspended,
            SuspendedBy = SuspendCause.Idle,
            Doorkeeper = ProcessTable.Identify(_process.Id),
            Ports = [s_port],
        });
        return _home.Vms.Reload(vm);
    }
}
