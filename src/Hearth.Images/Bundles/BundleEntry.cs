namespace Hearth.Images.Bundles;

/// <summary>A file of a bundle that is about to be read.</summary>
/// <param name="Name">As the bundle says: to be compared, never to be used as a path.</param>
/// <param name="Size">With its holes, in bytes.</param>
/// <param name="DataBytes">Without them.</param>
public sealed record BundleEntry(string Name, long Size, long DataBytes);
