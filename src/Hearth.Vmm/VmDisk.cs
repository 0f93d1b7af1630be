namespace Hearth.Vmm;

/// <summary>A disk: an image file and the immutable files below it.</summary>
/// <param name="Layers">Bottom first; the last is the one that is written, all others are only read.</param>
/// <param name="ReadOnly">The guest may not write.</param>
/// <param name="Durable">The guest's flushes reach the host's disk.</param>
public sealed record VmDisk(IReadOnlyList<DiskLayer> Layers, bool ReadOnly, bool Durable)
{
    /// <summary>A disk of a single raw file.</summary>
    public static VmDisk Raw(string path, bool readOnly, bool durable) => new([new DiskLayer(path, DiskFormat.Raw)], readOnly, durable);
}
