using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Linux.Files;

namespace Hearth.Engine.Tests.Store;

public sealed class FirstStartTests
{
    [Fact]
    public void A_vm_whose_maker_let_go_before_it_ran_is_gone_for_everybody()
    {
        using TemporaryHome home = new();
        VmModel vm = Make(home, out FirstStart start);
        home.Vms.Find("copy").Id.ShouldBe(vm.Id);

        start.Dispose();

        home.Vms.List().ShouldBeEmpty();
        Should.Throw<HearthException>(() => home.Vms.Find("copy")).Code.ShouldBe("vm.not-found");
        Directory.Exists(vm.Directory).ShouldBeFalse();
        Directory.EnumerateFileSystemEntries(home.Paths.Names).ShouldBeEmpty();
        File.ReadAllText(home.Paths.EventLog).ShouldContain("destroy");
    }

    [Fact]
    public void Its_name_is_free_at_once()
    {
        using TemporaryHome home = new();
        Make(home, out FirstStart start);
        Should.Throw<HearthException>(() => home.Vms.Create(TemporaryHome.Spec("copy"))).Code.ShouldBe("name.in-use");
        start.Dispose();

        VmModel other = home.Vms.Create(TemporaryHome.Spec("copy"));

        home.Vms.List().ShouldHaveSingleItem().Id.ShouldBe(other.Id);
    }

    [Fact]
    public void A_vm_that_was_started_stays()
    {
        using TemporaryHome home = new();
        VmModel vm = Make(home, out FirstStart start);
        FirstStart.Done(vm);
        FirstStart.Done(vm);
        start.Dispose();

        home.Vms.List().ShouldHaveSingleItem();
        home.Vms.Remove(vm);
        FirstStart.Done(vm);
    }

    [Fact]
    public void A_vm_that_still_has_a_supervisor_is_left_to_it()
    {
        using TemporaryHome home = new();
        VmModel vm = Make(home, out FirstStart start);
        start.Dispose();
        using (FileLock supervisor = FileLock.TryAcquire(vm.SupervisorLock)!)
        {
            home.Vms.List().ShouldHaveSingleItem();
        }

        home.Vms.List().ShouldBeEmpty();
    }

    [Fact]
    public void A_suspended_one_is_no_half_made_one()
    {
        using TemporaryHome home = new();
        VmModel vm = Make(home, out FirstStart start);
        VmFiles.WriteState(vm.Directory, new VmState { Status = VmStatus.Suspended });
        start.Dispose();

        home.Vms.List().ShouldHaveSingleItem();
    }

    private static VmModel Make(TemporaryHome home, out FirstStart start)
    {
        FirstStart? made = null;
        VmModel vm = home.Vms.Create(TemporaryHome.Spec("copy"), unseen => made = FirstStart.Mark(unseen));
        start = made!;
        return vm;
    }
}
