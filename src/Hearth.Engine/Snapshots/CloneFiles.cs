using Hearth.Engine.Disks;
using Hearth.Engine.Store;

namespace Hearth.Engine.Snapshots;

/// <summary>Makes a VM a copy of a frozen one: its next start goes on from there.</summary>
public static class CloneFiles
{
    /// <summary>Replaces the VM's disk and gives it the frozen guest as its origin.</summary>
    /// <remarks>Preconditions: the VM has no VMM. The origin's manifest comes last: without it the VM boots from the new disk.</remarks>
    public static void Place(VmModel vm, FrozenState state)
    {
        if (Directory.Exists(vm.Origin))
        {
            Directory.Delete(vm.Origin, recursive: true);
        }

        DiskChain.Replace(vm, state.DiskLayers, state.Manifest.DiskBytes);
        if (!state.Manifest.DiskOnly)
        {
            (state with { Manifest = state.Manifest with { Disk = [] } }).LinkInto(vm.Origin);
        }
    }
}
