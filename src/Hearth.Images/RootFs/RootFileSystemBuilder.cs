using Hearth.Core.Progress;
using Hearth.Images.Layers;

namespace Hearth.Images.RootFs;

/// <summary>Makes the one read-only block image of an image's root file system from its layers, without root.</summary>
public sealed class RootFileSystemBuilder
{
    /// <summary>Bytes of blobs between two reports of progress.</summary>
    private const long ReportEvery = 4 << 20;

    private const string Stage = "building the root file system";

    private readonly LayerLimits _limits;

    public RootFileSystemBuilder(LayerLimits? limits = null) => _limits = limits ?? new LayerLimits();

    /// <summary>The type for mount(2) in the guest; the kernel needs its zstd decompressor and attributes as well.</summary>
    public static string FileSystemName => "squashfs";

    /// <summary>The image file's suffix, with its dot.</summary>
    public static string FileSuffix => ".squashfs";

    /// <summary>
    /// Flattens <paramref name="layers"/> into one image at <paramref name="destinationPath"/>. The file appears whole or not at
    /// all: it is made beside its place, synced and renamed; a failed or cancelled build leaves nothing.
    /// </summary>
    /// <param name="layers">The layers, the lowest first; none makes an empty root.</param>
    /// <param name="destinationPath">Where the image goes; one that is there is replaced.</param>
    /// <param name="progress">Told bytes of blobs read, of their sum.</param>
    /// <param name="cancellation">Ends the build and its child programs.</param>
    /// <exception cref="Core.Errors.HearthException">
    /// <c>layer.invalid</c>: a layer is refused; <c>tool.missing</c>; <c>rootfs.maker-failed</c>: no space, most often.
    /// </exception>
    public async Task BuildAsync(
        IReadOnlyList<LayerSource> layers, string destinationPath, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        string partial = $"{destinationPath}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var maker = new SquashfsMaker(partial))
            {
                await using CancellationTokenRegistration stop = cancellation.Register(maker.Kill);
                await FillAsync(maker, layers, progress, cancellation);
            }

            using (var file = new FileStream(partial, FileMode.Open, FileAccess.ReadWrite))
            {
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, destinationPath, overwrite: true);
        }
        finally
        {
            // Not there after a build that went well, nor when its directory is missing, which File.Delete would complain about.
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }

    private async Task FillAsync(
        SquashfsMaker maker, IReadOnlyList<LayerSource> layers, IProgress<StageProgress>? progress, CancellationToken cancellation)
    {
        Action<int, long> report = Reporter(layers, progress);
        Stream input = new MakerInput(maker.Input);
        try
        {
            // The pipe to the child blocks, so the work has a thread of its own.
            await Task.Factory.StartNew(
                () => new LayerFlattener(new TarWriter(input), _limits, report, cancellation).Write(layers),
                cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            await maker.FinishAsync(cancellation);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (MakerClosedException closed)
        {
            throw await maker.FailureAsync(closed.InnerException);
        }

        long total = layers.Sum(layer => new FileInfo(layer.Path).Length);
        progress?.Report(new StageProgress(Stage, total, total, Finished: true));
    }

    private static Action<int, long> Reporter(IReadOnlyList<LayerSource> layers, IProgress<StageProgress>? progress)
    {
        if (progress is null)
        {
            return (_, _) => { };
        }

        long[] read = new long[layers.Count];
        long total = layers.Sum(layer => new FileInfo(layer.Path).Length);
        long reported = 0;
        return (index, bytes) =>
        {
            // A layer that is read a second time does not count again.
            read[index] = Math.Max(read[index], bytes);
            long sum = read.Sum();
            if (sum - reported >= ReportEvery)
            {
                reported = sum;
                progress.Report(new StageProgress(Stage, sum, total));
            }
        };
    }
}
