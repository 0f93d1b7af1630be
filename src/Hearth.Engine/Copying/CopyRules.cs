using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;

namespace Hearth.Engine.Copying;

/// <summary>Which VMs that do not run have a disk of their own to copy from and to.</summary>
public static class CopyRules
{
    /// <exception cref="HearthException"><c>vm.suspended</c>, <c>vm.frozen</c>: the disk goes with a memory that would not know of the change.</exception>
    public static void Require(VmModel vm)
    {
        if (vm.State.Status == VmStatus.Suspended)
        {
            throw new HearthException(
                "vm.suspended", $"VM {vm.Name} is suspended: its disk belongs to its memory.", $"'hearth resume {vm.Name}' lets it go on; then copy.", 1);
        }

        if (FrozenState.TryOpen(vm.Origin) is { Manifest.DiskOnly: false })
        {
            throw new HearthException(
                "vm.frozen", $"VM {vm.Name} is a copy of a running VM and was not started: its disk belongs to its memory.", $"'hearth start {vm.Name}' lets it go on; then copy.", 1);
        }
    }
}
