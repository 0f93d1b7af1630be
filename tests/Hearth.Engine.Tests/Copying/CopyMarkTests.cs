using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Copying;
using Hearth.Engine.Store;
using Hearth.Linux.Files;

namespace Hearth.Engine.Tests.Copying;

public sealed class CopyMarkTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_vm_that_is_being_copied_is_not_removed()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        using (FileLock.TryAcquire(vm.SupervisorLock))
        {
            CopyMark.Write(vm, []);
            CopyMark.IsHeld(vm).ShouldBeTrue();

            HearthException error = Should.Throw<HearthException>(() => _home.Vms.Remove(vm));

            error.Code.ShouldBe("vm.copying");
            error.Message.ShouldBe("VM web is busy: 'hearth cp' copies its files.");
            error.Hint.ShouldBe("Wait for its end; 'hearth rm -f web' ends it, with the VM.");
        }

        CopyMark.IsHeld(vm).ShouldBeFalse();
        _home.Vms.Remove(vm);
        Directory.Exists(vm.Directory).ShouldBeFalse();
    }

    [Fact]
    public void The_lock_alone_is_no_copy()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        using FileLock? held = FileLock.TryAcquire(vm.SupervisorLock);
        CopyMark.IsHeld(vm).ShouldBeFalse();
    }

    [Fact]
    public void What_a_killed_copy_left_is_removed_by_who_reads_the_vm_and_the_state_stays()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        VmFiles.WriteState(vm.Directory, new VmState { Status = VmStatus.Exited, ExitCode = 3 });
        byte[] state = File.ReadAllBytes(VmFiles.StateFile(vm.Directory));
        CopyMark.Write(vm, ["/sys/fs/cgroup/hearth/vm-does-not-exist"]);
        File.WriteAllText(CopyMark.ConsoleLog(vm), "");
        File.WriteAllText(vm.ControlSocket, "");

        _home.Vms.Find("web").State.Status.ShouldBe(VmStatus.Exited);

        File.ReadAllBytes(VmFiles.StateFile(vm.Directory)).ShouldBe(state);
        Directory.EnumerateFileSystemEntries(vm.Directory).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .ShouldBe(["disks", "spec.json", "state.json", "supervisor.lock"]);
    }

    [Fact]
    public async Task A_start_waits_for_the_end_of_a_copy_and_for_nothing_else()
    {
        VmModel vm = _home.Vms.Create(TemporaryHome.Spec("web"));
        int waits = 0;
        await CopyHold.WaitForEndAsync(vm, () => waits++, CancellationToken.None);
        waits.ShouldBe(0);
        FileLock copy = FileLock.TryAcquire(vm.SupervisorLock)!;
        CopyMark.Write(vm, []);

        Task waiting = CopyHold.WaitForEndAsync(vm, () => waits++, CancellationToken.None);

        waits.ShouldBe(1);
        waiting.IsCompleted.ShouldBeFalse();
        copy.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
