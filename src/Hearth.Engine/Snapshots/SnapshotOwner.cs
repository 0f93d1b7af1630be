using Hearth.Core.Errors;
using Hearth.Engine.Store;

namespace Hearth.Engine.Snapshots;

/// <summary>Whether a VM may be rolled back to a snapshot: to one of itself, or of the same shape and image.</summary>
public static class SnapshotOwner
{
    /// <exception cref="HearthException"><c>snapshot.other-vm</c>.</exception>
    public static void Require(VmModel vm, FrozenState state)
    {
        FrozenManifest manifest = state.Manifest;
        if (manifest.ImageId != vm.Spec.ImageId || manifest.Vcpus != vm.Spec.Vcpus || manifest.MemoryBytes != vm.Spec.MemoryBytes || manifest.DiskBytes != vm.Spec.DiskBytes)
        {
            throw new HearthException(
                "snapshot.other-vm",
                $"Snapshot {manifest.Name} is of another image or size than VM {vm.Name}.",
                $"'hearth run --from {manifest.Name}' makes a VM of it.");
        }
    }
}
