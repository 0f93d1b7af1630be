using Hearth.Linux.Files;

namespace Hearth.Images.Store;

public sealed partial class ImageStore
{
    /// <summary>
    /// Takes in an image that came with a snapshot, without a name. Its block image cannot be checked: a pull of the same image
    /// builds it anew and compares.
    /// </summary>
    /// <param name="id">The digest of its configuration.</param>
    /// <param name="directory">Has <c>config.json</c>, <c>manifest.json</c> and <c>root</c>, synced; renamed into place unless the image is here.</param>
    /// <param name="fileSystem">Of the block image.</param>
    /// <param name="cancellationToken">Ends the wait for the image's lock.</param>
    /// <exception cref="Hearth.Core.Errors.HearthException"><c>image.corrupt</c>.</exception>
    public async Task AdoptAsync(string id, string directory, string fileSystem, CancellationToken cancellationToken)
    {
        using FileLock held = await _directories.LockAsync(id, cancellationToken);
        _directories.Adopt(id, directory, fileSystem);
    }
}
