namespace Hearth.Vmm;

/// <summary>Where a guest's memory lives.</summary>
/// <param name="Path">A file of the memory's size.</param>
/// <param name="Shared">
/// True: the guest's writes go to the file (a template in the making, or a file without a name). False: the file is never
/// changed, and what the guest writes is its own (a child).
/// </param>
public sealed record VmMemory(string Path, bool Shared);
