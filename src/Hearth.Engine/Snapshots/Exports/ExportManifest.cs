namespace Hearth.Engine.Snapshots.Exports;

// Theory of operation
//
// An export is a bundle (BundleFile): a tar archive of plain files, sparse where they are, compressed with zstd. In this order:
//
//   export.json         this record: what the snapshot is, what it needs, and every file below with size and SHA-256
//   export.json.sha256  a line as sha256sum(1) writes it
//   snapshot/…          device.state, memory.delta, memory, disk-0 and up: as in the snapshot's directory, without its manifest
//   image/…             config.json, manifest.json, root: the image as the store has it; not with --no-image
//   kernel/…            vmlinux, modules/*.ko; not with --no-image
//
// The facts come first, so that an import knows whether it can be before it has written a byte. There is no initramfs: it is
// made of the kernel's modules and the importing host's own agent, which has to be of its own build. The agent that runs in the
// snapshot is in its memory. The image's layers are not in it either: a restored guest has the block image's very bytes in its
// page cache, and the same layers may make other bytes with other tools.

/// <summary>What an export holds; <c>export.json</c>.</summary>
public sealed record ExportManifest
{
    public const string FormatName = "hearth-snapshot";

    /// <summary>The newest format this program writes; a newer one is refused.</summary>
    public const int CurrentVersion = 1;

    public string Format { get; init; } = FormatName;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>Where it can go on; null for a snapshot of the disk alone, which boots anywhere.</summary>
    public ExportHost? Host { get; init; }

    /// <summary>As it was where it comes from: <c>engine</c> and <c>memoryModified</c> are made anew by the import.</summary>
    public required FrozenManifest Snapshot { get; init; }

    public required ExportImage Image { get; init; }

    public required ExportKernel Kernel { get; init; }

    /// <summary>All files behind this one, in order.</summary>
    public required IReadOnlyList<ExportFile> Files { get; init; }
}
