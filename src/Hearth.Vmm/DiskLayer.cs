namespace Hearth.Vmm;

/// <summary>One file of a disk.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">How it is to be read.</param>
public sealed record DiskLayer(string Path, DiskFormat Format);
