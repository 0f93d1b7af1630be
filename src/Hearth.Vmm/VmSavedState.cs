namespace Hearth.Vmm;

/// <summary>A state that an <see cref="IVmSave"/> wrote, with the memory that belongs to it.</summary>
/// <param name="DeviceStatePath">The state of CPUs and devices.</param>
/// <param name="MemoryDeltaPath">Pages to lay over the memory file (<see cref="MemoryDelta"/>); null when it has all.</param>
public sealed record VmSavedState(string DeviceStatePath, string? MemoryDeltaPath);
