using Hearth.Core.Progress;
using Hearth.Images.Layers;
using Hearth.Images.Store;

namespace Hearth.Images.Tests.Store;

/// <summary>Joins the layers' bytes, and counts.</summary>
internal sealed class FakeBuilder : IRootFileSystemBuilder
{
    private int _builds;

    public int Builds => _builds;

    public Func<CancellationToken, Task> BeforeBuild { get; set; } = static _ => Task.CompletedTask;

    public string FileSystemName => "joined";

    public string FileSuffix => ".joined";

    public async Task BuildAsync(IReadOnlyList<LayerSource> layers, string destinationPath, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _builds);
        await BeforeBuild(cancellationToken);
        await using FileStream file = File.Create(destinationPath);
        foreach (LayerSource layer in layers)
        {
            await using FileStream blob = File.OpenRead(layer.Path);
            await blob.CopyToAsync(file, cancellationToken);
        }
    }
}
