using Hearth.Core.Progress;
using Hearth.Images.Layers;
using Hearth.Images.RootFs;

namespace Hearth.Images.Store;

/// <summary>Root file systems by <see cref="RootFileSystemBuilder"/>.</summary>
public sealed class FlatteningBuilder : IRootFileSystemBuilder
{
    private readonly RootFileSystemBuilder _builder = new();

    public string FileSystemName => RootFileSystemBuilder.FileSystemName;

    public string FileSuffix => RootFileSystemBuilder.FileSuffix;

    public Task BuildAsync(
        IReadOnlyList<LayerSource> layers, string destinationPath, IProgress<StageProgress>? progress, CancellationToken cancellationToken) =>
        _builder.BuildAsync(layers, destinationPath, progress, cancellationToken);
}
