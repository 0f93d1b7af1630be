namespace Hearth.Linux.Memory;

/// <summary>A range of a process's address space.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">In bytes.</param>
public readonly record struct MemoryMapping(long Address, long Length);
