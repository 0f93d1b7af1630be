using Hearth.Core.Progress;
using Hearth.Images.Layers;

namespace Hearth.Images.Store;

/// <summary>Makes one read-only block image from an image's layers.</summary>
public interface IRootFileSystemBuilder
{
    /// <summary>The kernel's name of the file system: <c>erofs</c>.</summary>
    string FileSystemName { get; }

    /// <summary>The file name's ending, with its dot: the image is <c>root</c> and this.</summary>
    string FileSuffix { get; }

    /// <summary>Writes the block image to <paramref name="destinationPath"/>, synced to the disk.</summary>
    Task BuildAsync(IReadOnlyList<LayerSource> layers, string destinationPath, IProgress<StageProgress>? progress, CancellationToken cancellationToken);
}
