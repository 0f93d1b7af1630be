namespace Hearth.Images.Kernels;

/// <summary>A kernel in the store, ready to boot.</summary>
/// <param name="Name">The catalogue name: <c>debian</c>, <c>micro</c>.</param>
/// <param name="Digest"><c>sha256</c> of the kernel and its modules, 64 hexadecimal digits; names its directory.</param>
/// <param name="Release">What <c>uname -r</c> says in the guest.</param>
/// <param name="VmlinuxPath">The uncompressed ELF with a PVH entry.</param>
/// <param name="ModulesDirectory">Modules as <c>*.ko</c>, not in subdirectories; empty when everything is built in.</param>
public sealed record KernelRecord(string Name, string Digest, string Release, string VmlinuxPath, string ModulesDirectory);
