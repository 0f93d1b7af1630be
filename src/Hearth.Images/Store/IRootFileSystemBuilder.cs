using Hearth.Core.Progress;
using Hearth.Images.Layers;

namespace Hearth.Images.Store;

/// <summary>Makes one read-only block image from an image's layers.</summary>
public interface IRootFileSystemBuilder
{
    /// <summary>The kernel's name of the file system: <c>erofs</c>.</summary>
    string FileSystemName { get; }

    /// <summary>The file name's ending, without a dot: the image is <c>root.&lt;suffix&gt;</c>.</summary>
    string FileSuffix { get; }

    /// <summary>Writes the block image to <paramref name="destinationPath"/>, with room for its own files in <paramref name="scratchDirectory"/>.</summary>
    Task BuildAsync(
        IReadOnlyList<LayerSource> layers, string destinationPath, string scratchDirectory, IProgress<StageProgress>? progress, CancellationToken cancellationToken);
}
