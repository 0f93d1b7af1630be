namespace Hearth.Images.Store;

/// <summary>What a prune removed.</summary>
/// <param name="Removed">Names and images, in order.</param>
/// <param name="FreedBytes">Bytes of block images and blobs that are gone.</param>
public sealed record PruneResult(IReadOnlyList<RemovedImage> Removed, long FreedBytes);
