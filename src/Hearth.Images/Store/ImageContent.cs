using Hearth.Images.References;

namespace Hearth.Images.Store;

/// <summary>An image's own words, ready to install once its layers are in the blob store.</summary>
/// <param name="Name">As people write it, for messages.</param>
/// <param name="Manifest">An OCI manifest that names <paramref name="Config"/> and blobs in the store.</param>
/// <param name="Config">The configuration exactly as its builder wrote it: its digest is the image's id.</param>
/// <param name="Platform">What the image has to run on.</param>
/// <param name="PlatformAsked">Whether a person asked for that platform.</param>
internal sealed record ImageContent(string Name, byte[] Manifest, byte[] Config, ImagePlatform Platform, bool PlatformAsked)
{
    public string Id { get; } = BlobStore.DigestOf(Config);
}
