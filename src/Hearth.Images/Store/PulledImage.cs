namespace Hearth.Images.Store;

/// <summary>What a pull found.</summary>
/// <param name="Id">The image, complete in the store.</param>
/// <param name="SourceDigest">The digest of the manifest or index as the source has it.</param>
internal readonly record struct PulledImage(string Id, string SourceDigest);
