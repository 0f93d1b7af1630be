using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Images.Bundles;
using Hearth.Images.Kernels;
using Hearth.Images.Store;
using Hearth.Linux.Files;
using Hearth.Vmm;

namespace Hearth.Engine.Snapshots.Exports;

/// <summary>Writes a snapshot, and what it needs, as one file.</summary>
/// <param name="paths">The home.</param>
public sealed class SnapshotExport(HearthPaths paths)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly SnapshotStore _snapshots = new(paths);

    /// <summary>This host; tests put another in its place.</summary>
    internal Func<bool, CancellationToken, Task<ExportHost>> ReadHost { get; init; } = ExportHost.ReadAsync;

    /// <summary>Into a file that appears whole, mode 0600.</summary>
    /// <exception cref="HearthException">As the other; <c>export.unwritable</c>.</exception>
    public async Task WriteAsync(string name, bool withImage, string path, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        string beside = $"{path}.{Guid.NewGuid():N}";
        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            throw Unwritable(path, "there is no such directory", null);
        }

        try
        {
            await using (FileStream file = new(beside, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 }))
            {
                await WriteAsync(name, withImage, file, progress, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(beside);
            throw Unwritable(path, e.Message.TrimEnd('.'), e);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    /// <summary>Into a stream.</summary>
    /// <param name="name">The snapshot.</param>
    /// <param name="withImage">With its image and kernel.</param>
    /// <param name="destination">Takes it.</param>
    /// <param name="progress">Told of reading and writing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="HearthException"><c>snapshot.not-found</c>, <c>snapshot.changed</c>, <c>snapshot.incompatible</c>, <c>image.not-found</c>, <c>kernel.unknown</c>, <c>tool.missing</c>.</exception>
    public async Task WriteAsync(string name, bool withImage, Stream destination, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        FrozenState state = _snapshots.Require(name);
        state.RequireUnchanged();
        if (state.Manifest.Spec?.Mounts.Count > 0)
        {
            throw new HearthException("snapshot.shares", $"Snapshot {name} cannot be exported: its VM has files of this host (-v), which another host does not have.", "Copy them into the VM ('hearth cp') and run it without -v.");
        }

        ImageRecord image = new ImageStore(paths, TimeProvider.System).Require(state.Manifest.ImageId);
        KernelRecord kernel = new KernelStore(paths).Find(state.Manifest.Kernel)
            ?? throw new HearthException("kernel.unknown", $"Kernel {state.Manifest.Kernel} of snapshot {name} is not in the store.", "Make the snapshot again.");
        ExportHost? host = state.Manifest.DiskOnly ? null : await HostAsync(state, cancellationToken);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "export", cancellationToken);

        // By names of its own: whoever removes the snapshot or the image meanwhile does not end this.
        List<(string Name, string Path)> sources = [.. LinkSnapshot(state, staging), .. withImage ? LinkRest(image, kernel, staging) : []];
        string rootSha256 = await FileDigest.OfAsync(image.RootPath, cancellationToken);
        List<PackedFile> files = await Task.Run(() => Scan(name, sources, progress, cancellationToken), cancellationToken);
        ExportManifest manifest = new()
        {
            Host = host,
            Snapshot = state.Manifest,
            Image = new ExportImage(image.Id, image.RootFileSystem, rootSha256),
            Kernel = new ExportKernel(kernel.Digest, kernel.Name, kernel.Release),
            Files = [.. files.Select(static f => new ExportFile(f.Name, f.Size, f.DataBytes, f.Sha256))],
        };
        await BundleFile.WriteAsync(destination, bundle => Write(bundle, manifest, files, progress, cancellationToken), cancellationToken);
    }

    /// <summary>The bytes of <c>export.json</c>.</summary>
    internal static byte[] Encode(ExportManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(manifest, SnapshotJson.Default.ExportManifest);

    /// <summary>Writes a whole bundle from files that were looked through.</summary>
    internal static void Write(BundleWriter bundle, ExportManifest manifest, IReadOnlyList<PackedFile> files, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        string stage = $"exporting {manifest.Snapshot.Name}";
        byte[] json = Encode(manifest);
        bundle.Add(ExportFiles.Manifest, json);
        bundle.Add(ExportFiles.ManifestDigest, Encoding.ASCII.GetBytes(ExportFiles.DigestLine(Convert.ToHexStringLower(SHA256.HashData(json)))));
        long total = files.Sum(static f => f.DataBytes);
        long done = 0;
        foreach (PackedFile file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new StageProgress(stage, done, total));
            bundle.Add(file);
            done += file.DataBytes;
        }

        progress?.Report(new StageProgress(stage, total, total, Finished: true));
    }

    private static HearthException Unwritable(string path, string why, Exception? inner) =>
        new("export.unwritable", $"The export '{path}' cannot be written: {why}.", "Name a file in a directory that you can write to, with room for it.", inner: inner);

    /// <summary>What made the snapshot is described by what is installed, if that is still the same.</summary>
    private async Task<ExportHost> HostAsync(FrozenState state, CancellationToken cancellationToken)
    {
        bool kvm = state.Manifest.Accel.EndsWith("/kvm", StringComparison.Ordinal);
        return state.Manifest.Engine == HostIdentity.Of(new AccelDecision(kvm, "it was so when it was made"))
            ? await ReadHost(kvm, cancellationToken)
            : throw new HearthException(
                "snapshot.incompatible",
                $"Snapshot {state.Manifest.Name} cannot be exported: it was made by another QEMU or, under KVM, on another CPU.",
                "Make it again here, or export it where it can be restored.");
    }

    private static IEnumerable<(string, string)> LinkSnapshot(FrozenState state, StagingDirectory staging)
    {
        string directory = staging.File("snapshot");
        state.LinkInto(directory);
        IEnumerable<string> files = ExportFiles.Required(state.Manifest).Concat(state.DeltaPath is null ? [] : [FrozenState.DeltaFile]);
        return files.Order(StringComparer.Ordinal).Select(file => (ExportFiles.Snapshot + file, Path.Combine(directory, SourceName(state.Manifest, file))));
    }

    /// <summary>Layers are numbered in an export, whatever the snapshot calls them.</summary>
    private static string SourceName(FrozenManifest manifest, string file)
    {
        int layer = Enumerable.Range(0, manifest.Disk.Count).FirstOrDefault(i => FrozenState.DiskFile(i) == file, -1);
        return layer < 0 ? file : manifest.Disk[layer].Path;
    }

    private static IEnumerable<(string, string)> LinkRest(ImageRecord image, KernelRecord kernel, StagingDirectory staging)
    {
        string from = Path.GetDirectoryName(image.RootPath)!;
        string imageDirectory = Directory.CreateDirectory(staging.File("image")).FullName;
        foreach (string file in ExportFiles.ImageFiles)
        {
            HardLink.Create(file == ExportFiles.Root ? image.RootPath : Path.Combine(from, file), Path.Combine(imageDirectory, file));
            yield return (ExportFiles.Image + file, Path.Combine(imageDirectory, file));
        }

        string kernelDirectory = Directory.CreateDirectory(staging.File("kernel")).FullName;
        HardLink.Create(kernel.VmlinuxPath, Path.Combine(kernelDirectory, ExportFiles.Vmlinux));
        yield return (ExportFiles.Kernel + ExportFiles.Vmlinux, Path.Combine(kernelDirectory, ExportFiles.Vmlinux));
        foreach (string module in Directory.EnumerateFiles(kernel.ModulesDirectory).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(module);
            HardLink.Create(module, Path.Combine(kernelDirectory, name));
            yield return (ExportFiles.Modules + name, Path.Combine(kernelDirectory, name));
        }
    }

    private static List<PackedFile> Scan(string name, List<(string Name, string Path)> sources, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        string stage = $"reading {name}";
        List<PackedFile> files = [];
        foreach ((string file, string path) in sources)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Report(new StageProgress(stage, files.Count, sources.Count, InBytes: false));
            files.Add(PackedFile.Scan(file, path));
        }

        progress?.Report(new StageProgress(stage, files.Count, sources.Count, InBytes: false, Finished: true));
        return files;
    }
}
