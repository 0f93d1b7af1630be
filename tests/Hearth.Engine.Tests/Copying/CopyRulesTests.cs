using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Copying;
using Hearth.Engine.Store;
using Hearth.Engine.Tests.Snapshots;

namespace Hearth.Engine.Tests.Copying;

public sealed class CopyRulesTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(VmStatus.Created)]
    [InlineData(VmStatus.Exited)]
    public void The_disk_of_a_vm_that_would_boot_may_be_copied(VmStatus status) =>
        Should.NotThrow(() => CopyRules.Require(Vm(status)));

    [Fact]
    public void The_disk_of_a_suspended_vm_belongs_to_its_memory()
    {
        HearthException error = Should.Throw<HearthException>(() => CopyRules.Require(Vm(VmStatus.Suspended)));
        error.Code.ShouldBe("vm.suspended");
        error.Message.ShouldBe("VM web is suspended: its disk belongs to its memory.");
        error.Hint.ShouldBe("'hearth resume web' lets it go on; then copy.");
    }

    [Fact]
    public void The_disk_of_a_clone_that_was_not_started_belongs_to_its_memory()
    {
        VmModel vm = Vm(VmStatus.Created);
        Frozen.Make(vm.Origin, 4, DateTime.UnixEpoch);
        HearthException error = Should.Throw<HearthException>(() => CopyRules.Require(vm));
        error.Code.ShouldBe("vm.frozen");
        error.Hint.ShouldBe("'hearth start web' lets it go on; then copy.");
    }

    [Fact]
    public void A_clone_of_a_disk_alone_has_no_memory()
    {
        VmModel vm = Vm(VmStatus.Created);
        Frozen.Make(vm.Origin, 4, DateTime.UnixEpoch, static m => m with { DiskOnly = true });
        Should.NotThrow(() => CopyRules.Require(vm));
    }

    private VmModel Vm(VmStatus status) => _home.Vms.Create(TemporaryHome.Spec("web")) with { State = new VmState { Status = status } };
}
