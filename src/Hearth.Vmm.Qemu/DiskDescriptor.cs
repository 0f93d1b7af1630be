using Hearth.Linux.Files;

namespace Hearth.Vmm.Qemu;

/// <summary>A layer of a disk as QEMU is given it.</summary>
/// <param name="File">Open as the layer is used.</param>
/// <param name="Set">QEMU's number for the set of descriptors that has it (-add-fd).</param>
internal sealed record DiskDescriptor(InheritedFile File, int Set);
