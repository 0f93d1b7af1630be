using Hearth.Core.Errors;
using Hearth.Images.References;

namespace Hearth.Images.Transport;

/// <summary>Brings images from where they are into a directory. Implemented by <see cref="SkopeoTransport"/>.</summary>
public interface IImageTransport
{
    /// <summary>The manifest or index exactly as it is stored there.</summary>
    /// <exception cref="HearthException"><c>image.not-found</c>, <c>registry.credentials</c>, <c>registry.denied</c>, <c>registry.unreachable</c>, <c>registry.tls</c>, <c>image.transport</c>.</exception>
    Task<byte[]> ReadManifestAsync(ImageReference reference, CancellationToken cancellationToken);

    /// <summary>The image configuration exactly as it is stored there.</summary>
    /// <exception cref="HearthException">As <see cref="ReadManifestAsync"/>.</exception>
    Task<byte[]> ReadConfigAsync(ImageReference reference, ImagePlatform platform, CancellationToken cancellationToken);

    /// <summary>
    /// Writes the image as an OCI layout: <c>index.json</c> with one manifest in <paramref name="layout"/>, the blobs below
    /// <paramref name="blobRoot"/><c>/sha256</c>. A blob that is there already is not fetched again; a new one is checked
    /// against its digest and appears whole, by rename.
    /// </summary>
    /// <exception cref="HearthException">As <see cref="ReadManifestAsync"/>, and <c>disk.full</c>.</exception>
    Task CopyAsync(ImageReference reference, ImagePlatform platform, string blobRoot, string layout, CancellationToken cancellationToken);
}
