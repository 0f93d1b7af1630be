using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Progress;
using Hearth.Core.Storage;
using Hearth.Engine.Disks;
using Hearth.Images.Archives;
using Hearth.Images.Bundles;
using Hearth.Images.Kernels;
using Hearth.Images.Store;
using Hearth.Linux.Files;
using Hearth.Vmm;
using Hearth.Vmm.Qemu;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Snapshots.Exports;

/// <summary>
/// Reads an export, in one pass: (1) its manifest, and whether it can go on here under a free name; (2) every file into
/// staging, against its digest; (3) the end of the archive, and so zstd's checksum over all; (4) kernel and image into their
/// stores; (5) the snapshot's manifest, and the rename that makes it visible. Cut short at any point, nothing but staging is
/// left (and an image or kernel that is whole), which the next import removes.
/// </summary>
/// <param name="paths">The home.</param>
public sealed class SnapshotImport(HearthPaths paths)
{
    private const int MostManifestBytes = 8 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly SnapshotStore _snapshots = new(paths);
    private readonly ImageStore _images = new(paths, TimeProvider.System);
    private readonly KernelStore _kernels = new(paths);

    /// <summary>This host; tests put another in its place.</summary>
    internal Func<bool, CancellationToken, Task<ExportHost>> ReadHost { get; init; } = ExportHost.ReadAsync;

    /// <summary>Bytes that may be written; null asks the file system.</summary>
    internal Func<long>? FreeBytes { get; init; }

    /// <summary>Makes a snapshot of an export.</summary>
    /// <param name="source">The export.</param>
    /// <param name="subject">The same, as a person names it: <c>the export 'web.hearth'</c>.</param>
    /// <param name="name">The snapshot's name here; null takes the export's.</param>
    /// <param name="progress">Told of what was read.</param>
    /// <param name="cancellationToken">Ends it; nothing stays.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="HearthException"><c>export.*</c>, <c>snapshot.exists</c>, <c>snapshot.name</c>, <c>snapshot.incompatible</c>, <c>snapshot.corrupt</c>, <c>disk.full</c>, <c>archive.too-large</c>, <c>tool.missing</c>.</exception>
    public async Task<FrozenState> ReadAsync(Stream source, string subject, string? name, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        ExportErrors errors = new(subject);
        using StagingDirectory staging = await StagingDirectory.CreateAsync(paths, "import", cancellationToken);
        ArchiveSpace space = new(staging.Path, subject) { MaximumBytes = long.MaxValue, FreeBytes = FreeBytes };
        ExportManifest manifest;
        try
        {
            manifest = await BundleFile.ReadAsync(
                source,
                bundle =>
                {
                    ExportManifest read = ReadManifest(bundle, errors);
                    _snapshots.RequireFree(name ?? read.Snapshot.Name);
                    RequireUsableAsync(read, errors, cancellationToken).GetAwaiter().GetResult();
                    space.Require(read.Files.Sum(static f => f.Data));
                    ReadFiles(bundle, read, staging, space, errors, progress, cancellationToken);
                    return read;
                },
                cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw errors.Damaged(e.Message.TrimEnd('.'), e);
        }
        catch (IOException e) when (IsFull(e))
        {
            throw new HearthException("disk.full", $"{char.ToUpperInvariant(subject[0])}{subject[1..]} cannot be imported: the disk that HEARTH_HOME is on is full.", "Free some space ('hearth image prune', 'hearth snapshot prune').", inner: e);
        }

        await AdoptAsync(manifest, staging, cancellationToken);
        return Publish(manifest, name ?? manifest.Snapshot.Name, staging);
    }

    /// <summary>ENOSPC or EDQUOT, however it is reported.</summary>
    private static bool IsFull(IOException e) => (e.HResult & 0xffff) is 28 or 122;

    private static ExportManifest ReadManifest(BundleReader bundle, ExportErrors errors)
    {
        byte[] json;
        try
        {
            if (bundle.Next() is not { Name: ExportFiles.Manifest })
            {
                throw errors.Unknown();
            }

            json = bundle.ReadAll(MostManifestBytes);
        }
        catch (InvalidDataException e) when (!BundleFile.IsStreamDamage(e))
        {
            throw errors.Unknown();
        }

        try
        {
            RequireVersion(json, errors);
            bool whole = bundle.Next() is { Name: ExportFiles.ManifestDigest }
                && Encoding.ASCII.GetString(bundle.ReadAll(MostManifestBytes)) == ExportFiles.DigestLine(Convert.ToHexStringLower(SHA256.HashData(json)));
            if (!whole)
            {
                throw errors.Damaged($"{ExportFiles.Manifest} does not match its digest");
            }

            ExportManifest manifest = JsonSerializer.Deserialize(json, SnapshotJson.Default.ExportManifest) ?? throw new JsonException("it is null");
            ExportCheck.RequireSound(manifest);
            return manifest;
        }
        catch (JsonException e)
        {
            throw errors.Damaged($"{ExportFiles.Manifest} cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Before anything else: a newer format may have what this one would call damaged.</summary>
    private static void RequireVersion(byte[] json, ExportErrors errors)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format"u8, out JsonElement format) || format.ValueKind != JsonValueKind.String || format.GetString() != ExportManifest.FormatName)
        {
            throw errors.Unknown();
        }

        int version = root.TryGetProperty("version"u8, out JsonElement number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out int value) ? value : 0;
        if (version > ExportManifest.CurrentVersion)
        {
            throw errors.Newer(version);
        }
    }

    private async Task RequireUsableAsync(ExportManifest manifest, ExportErrors errors, CancellationToken cancellationToken)
    {
        if (manifest.Host is { } host)
        {
            AccelDecision accel = AccelOf(manifest);
            bool savedUnderKvm = manifest.Snapshot.Accel.EndsWith("/kvm", StringComparison.Ordinal);
            if (savedUnderKvm != accel.UseKvm)
            {
                throw errors.Incompatible($"it was made with {manifest.Snapshot.Accel}, and here {accel.Reason}");
            }

            if (host.WhyNot(await ReadHost(accel.UseKvm, cancellationToken)) is { } why)
            {
                throw errors.Incompatible(why);
            }
        }

        bool hasImage = manifest.Files.Any(static f => f.Name == ExportFiles.Image + ExportFiles.Root);
        if (!hasImage && _kernels.Find(manifest.Kernel.Digest) is null)
        {
            throw errors.NeedsKernel(manifest.Kernel);
        }

        ImageRecord? image = _images.Resolve(manifest.Image.Id);
        if (image is null && !hasImage)
        {
            throw errors.NeedsImage(manifest.Snapshot);
        }

        if (image is not null && await FileDigest.OfAsync(image.RootPath, cancellationToken) != manifest.Image.RootSha256)
        {
            throw errors.OtherImage(manifest.Snapshot);
        }
    }

    private static AccelDecision AccelOf(ExportManifest manifest) => AccelDecision.Choose(manifest.Snapshot.Spec!.Accel, KvmFacts.Probe());

    private static void ReadFiles(
        BundleReader bundle, ExportManifest manifest, StagingDirectory staging, ArchiveSpace space, ExportErrors errors, IProgress<StageProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (string directory in (string[])["snapshot", "image", "kernel", "kernel/modules"])
        {
            Directory.CreateDirectory(staging.File(directory), OwnerOnly | UnixFileMode.UserExecute);
        }

        string stage = $"importing {manifest.Snapshot.Name}";
        long total = manifest.Files.Sum(static f => f.Data);
        long done = 0;
        foreach (ExportFile file in manifest.Files)
        {
            if (bundle.Next() is not { } entry)
            {
                throw errors.Damaged($"it ends before '{file.Name}'");
            }

            if (entry.Name != file.Name || entry.Size != file.Bytes || entry.DataBytes != file.Data)
            {
                throw errors.Damaged($"'{file.Name}' is not where or what its manifest says");
            }

            using SafeFileHandle target = Create(staging.File(file.Name), file);
            string sha256 = bundle.Extract(target, Take);
            if (sha256 != file.Sha256)
            {
                throw errors.Damaged($"'{file.Name}' does not match its digest");
            }

            RandomAccess.FlushToDisk(target);
        }

        if (bundle.Next() is not null)
        {
            throw errors.Damaged("it has more files than its manifest says");
        }

        progress?.Report(new StageProgress(stage, total, total, Finished: true));

        void Take(long bytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            space.Take(bytes);
            done += bytes;
            progress?.Report(new StageProgress(stage, done, total));
        }
    }

    private static SafeFileHandle Create(string path, ExportFile file)
    {
        if (file.Name == ExportFiles.Snapshot + FrozenState.MemoryFile)
        {
            QemuEngine.CreateMemoryFile(path, file.Bytes);
        }
        else
        {
            using FileStream created = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 });
        }

        return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }

    private async Task AdoptAsync(ExportManifest manifest, StagingDirectory staging, CancellationToken cancellationToken)
    {
        if (manifest.Files.Any(static f => f.Name == ExportFiles.Image + ExportFiles.Root))
        {
            if (await FileDigest.OfAsync(staging.File(ExportFiles.Image + ExportFiles.Root), cancellationToken) != manifest.Image.RootSha256)
            {
                throw new HearthException("image.corrupt", $"Image {manifest.Image.Id} is damaged: its block image does not match its digest.", "Export the snapshot again.");
            }

            await _kernels.AdoptAsync(staging.File("kernel"), (manifest.Kernel.Digest, manifest.Kernel.Name, manifest.Kernel.Release), cancellationToken);
            await _images.AdoptAsync(manifest.Image.Id, staging.File("image"), manifest.Image.FileSystem, cancellationToken);
        }
    }

    /// <summary>What QEMU is to open is looked at once more; the rest of the manifest is made anew for this host.</summary>
    private FrozenState Publish(ExportManifest manifest, string name, StagingDirectory staging)
    {
        string directory = staging.File("snapshot");
        FrozenManifest snapshot = manifest.Snapshot;
        List<DiskLayer> layers = [.. snapshot.Disk.Select(static (layer, i) => layer with { Path = FrozenState.DiskFile(i) })];
        layers.Skip(1).ToList().ForEach(layer => Qcow2File.RequirePlain(Path.Combine(directory, layer.Path), snapshot.DiskBytes));
        FrozenState state = new(directory, snapshot with
        {
            Name = name,
            Engine = HostIdentity.Of(snapshot.DiskOnly ? new AccelDecision(false, "it boots") : AccelOf(manifest)),
            MemoryModified = FrozenState.ModifiedTicks(Path.Combine(directory, FrozenState.MemoryFile)),
            Disk = layers,
        });
        if (state.DeltaPath is { } delta)
        {
            using SafeFileHandle pages = File.OpenHandle(delta, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (MemoryDelta.Read(pages, delta).MemoryBytes != snapshot.MemoryBytes)
            {
                throw new HearthException("snapshot.corrupt", string.Create(CultureInfo.InvariantCulture, $"{delta} is for another size of memory than {snapshot.MemoryBytes} bytes."), "Export the snapshot again.");
            }
        }

        state.WriteManifest();
        return _snapshots.Publish(directory, name);
    }
}
