namespace Hearth.Engine.Snapshots.Exports;

/// <summary>The kernel of an exported snapshot.</summary>
/// <param name="Digest">Over kernel and modules, as the store of kernels computes it.</param>
/// <param name="Name">The catalogue's name.</param>
/// <param name="Release">What <c>uname -r</c> says.</param>
public sealed record ExportKernel(string Digest, string Name, string Release);
