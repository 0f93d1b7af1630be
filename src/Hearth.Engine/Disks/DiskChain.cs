using System.Text.Json;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Vmm;

namespace Hearth.Engine.Disks;

/// <summary>
/// The layers of a VM's writable disk: <c>disks/chain.json</c>, bottom first; without it there is the one raw file that a first
/// boot makes. The top layer alone is written.
/// </summary>
public static class DiskChain
{
    /// <summary>The writable disk among the disks of a launch (LaunchPlan).</summary>
    public const int WritableDiskIndex = 1;

    private const string ChainFile = "chain.json";

    /// <summary>The layers by full path; empty when the disk was not made yet.</summary>
    public static IReadOnlyList<DiskLayer> Read(VmModel vm)
    {
        string path = Path.Combine(vm.DisksDirectory, ChainFile);
        if (File.Exists(path))
        {
            List<DiskLayer> layers = JsonSerializer.Deserialize(File.ReadAllBytes(path), SnapshotJson.Default.ListDiskLayer) ?? [];
            return [.. layers.Select(l => l with { Path = Path.Combine(vm.DisksDirectory, l.Path) })];
        }

        return File.Exists(vm.WritableDisk) ? [new DiskLayer(vm.WritableDisk, DiskFormat.Raw)] : [];
    }

    /// <summary>Writes down the layers, which all are in the VM's own directory.</summary>
    public static void Write(VmModel vm, IEnumerable<DiskLayer> layers)
    {
        List<DiskLayer> names = [.. layers.Select(static l => l with { Path = Path.GetFileName(l.Path) })];
        AtomicFile.Write(Path.Combine(vm.DisksDirectory, ChainFile), JsonSerializer.SerializeToUtf8Bytes(names, SnapshotJson.Default.ListDiskLayer));
    }

    /// <summary>Makes the disk a copy of another, copy-on-write: links to its layers under a new, empty one.</summary>
    /// <param name="vm">Its former disk, if any, is removed.</param>
    /// <param name="layers">Immutable, by full path.</param>
    /// <param name="bytes">The disk's size.</param>
    public static void Replace(VmModel vm, IReadOnlyList<DiskLayer> layers, long bytes)
    {
        Directory.CreateDirectory(vm.DisksDirectory);
        List<DiskLayer> chain = [];
        foreach (DiskLayer layer in layers)
        {
            string name = NewName(vm, "base");
            HardLink.Create(layer.Path, name);
            chain.Add(layer with { Path = name });
        }

        chain.Add(NewOverlay(vm, bytes));
        Write(vm, chain);
        RemoveOthers(vm, chain);
    }

    /// <summary>An empty layer to lay over the disk.</summary>
    public static DiskLayer NewOverlay(VmModel vm, long bytes)
    {
        string path = NewName(vm, "top");
        Qcow2File.CreateEmpty(path, bytes);
        return new DiskLayer(path, DiskFormat.Qcow2);
    }

    /// <summary>Removes what the chain does not name.</summary>
    public static void RemoveOthers(VmModel vm, IReadOnlyList<DiskLayer> kept)
    {
        foreach (string file in Directory.EnumerateFiles(vm.DisksDirectory).Where(f => Path.GetFileName(f) != ChainFile && kept.All(l => l.Path != f)))
        {
            File.Delete(file);
        }
    }

    private static string NewName(VmModel vm, string role) => Path.Combine(vm.DisksDirectory, $"{role}-{Guid.NewGuid():N}");
}
