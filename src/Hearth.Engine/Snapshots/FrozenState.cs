using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Linux.Files;
using Hearth.Vmm;

namespace Hearth.Engine.Snapshots;

// Theory of operation
//
// A frozen guest is a directory of files that are never changed again:
//
//   manifest.json   what it is and what it needs
//   memory          the guest's memory, which copies map privately
//   memory.delta    pages to lay over it (MemoryDelta); missing when memory has all
//   shares.state    what the guest knows of the host's files (ShareServers); missing when it has none
//   device.state    CPUs and devices, as the engine wrote them
//   disk-N          the writable disk's layers, bottom first
//
// Whoever uses one of the files gives it one more name (a hard link) in a directory of its own. So there are no reference
// counts: a snapshot is removed by removing its directory, and its bytes go when the last VM that needs them has gone.

/// <summary>A frozen guest on disk.</summary>
/// <param name="Directory">Where its files are.</param>
/// <param name="Manifest">What it is.</param>
public sealed record FrozenState(string Directory, FrozenManifest Manifest)
{
    public const string ManifestFile = "manifest.json";
    public const string MemoryFile = "memory";
    public const string DeltaFile = "memory.delta";
    public const string DeviceFile = "device.state";
    public const string SharesFile = "shares.state";

    public string MemoryPath => Path.Combine(Directory, MemoryFile);

    public string DevicePath => Path.Combine(Directory, DeviceFile);

    /// <summary>Null when the memory file has all.</summary>
    public string? DeltaPath => Path.Combine(Directory, DeltaFile) is var path && File.Exists(path) ? path : null;

    /// <summary>What the guest knows of the host's files; null when it has none.</summary>
    public byte[]? ReadShares() => Path.Combine(Directory, SharesFile) is var path && File.Exists(path) ? File.ReadAllBytes(path) : null;

    /// <summary>The writable disk's layers, by full path.</summary>
    public IReadOnlyList<DiskLayer> DiskLayers => [.. Manifest.Disk.Select(l => l with { Path = Path.Combine(Directory, l.Path) })];

    public static string DiskFile(int layer) => $"disk-{layer.ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    /// <summary>Null when there is no manifest: a directory without one is not complete.</summary>
    /// <exception cref="HearthException"><c>snapshot.newer</c>, <c>snapshot.corrupt</c>.</exception>
    public static FrozenState? TryOpen(string directory)
    {
        string path = Path.Combine(directory, ManifestFile);
        try
        {
            FrozenManifest manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), SnapshotJson.Default.FrozenManifest) ?? throw new JsonException("null");
            if (manifest.Version > FrozenManifest.CurrentVersion)
            {
                throw new HearthException(
                    "snapshot.newer", $"{path} has format {manifest.Version}; this hearth knows up to {FrozenManifest.CurrentVersion}.", "Use the newer hearth that made it.");
            }

            RequireWhole(manifest);

            return new FrozenState(directory, manifest);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new HearthException("snapshot.corrupt", $"{path} cannot be read: {e.Message}", "Remove it and make it again.", inner: e);
        }
    }

    /// <summary>Gives every file a second name in another directory, the manifest last: a directory that has it has all.</summary>
    public void LinkInto(string directory)
    {
        System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string file in (string[])[MemoryFile, DeltaFile, DeviceFile, SharesFile, .. Manifest.Disk.Select(static l => l.Path), ManifestFile])
        {
            string source = Path.Combine(Directory, file);
            if (File.Exists(source))
            {
                HardLink.Create(source, Path.Combine(directory, file));
            }
        }
    }

    public void WriteManifest() =>
        AtomicFile.Write(Path.Combine(Directory, ManifestFile), JsonSerializer.SerializeToUtf8Bytes(Manifest, SnapshotJson.Default.FrozenManifest));

    /// <summary>When a memory file was last written, as <see cref="FrozenManifest.MemoryModified"/> has it.</summary>
    public static long ModifiedTicks(string memory) => File.Exists(memory) ? File.GetLastWriteTimeUtc(memory).Ticks : 0;

    /// <exception cref="HearthException"><c>snapshot.changed</c>: the memory was written after it was frozen.</exception>
    public void RequireUnchanged()
    {
        if (!Manifest.DiskOnly && ModifiedTicks(MemoryPath) != Manifest.MemoryModified)
        {
            throw new HearthException("snapshot.changed", $"{MemoryPath} is missing or was changed after it was frozen.", "Remove the snapshot; do not trust the VMs that were made from it.");
        }
    }

    /// <summary>The reader of JSON takes null for any member.</summary>
    /// <exception cref="JsonException">One that may not be null is, or the layers of the disk are not.</exception>
    internal static void RequireWhole(FrozenManifest manifest)
    {
        if (manifest.Name is null || manifest.Engine is null || manifest.Accel is null || manifest.Kernel is null || manifest.Image is null || manifest.ImageId is null || manifest.Tags is null)
        {
            throw new JsonException("a member is null");
        }

        if (manifest.Disk is null || (manifest.Disk.Count == 0 && manifest.Kind != FrozenKind.Suspended) || manifest.Disk.Any(static l => l?.Path is null or "" or "." or ".." || l.Path != Path.GetFileName(l.Path)))
        {
            throw new JsonException("a disk layer is not a plain file name");
        }
    }
}
