using System.Globalization;

namespace Hearth.Engine.Snapshots.Exports;

/// <summary>The names of an export's files.</summary>
internal static class ExportFiles
{
    public const string Manifest = "export.json";
    public const string ManifestDigest = "export.json.sha256";
    public const string Snapshot = "snapshot/";
    public const string Image = "image/";
    public const string Kernel = "kernel/";
    public const string Modules = "kernel/modules/";
    public const string Root = "root";
    public const string Vmlinux = "vmlinux";

    public static IReadOnlyList<string> ImageFiles { get; } = ["config.json", "manifest.json", Root];

    /// <summary>What a snapshot of that kind has to have; a delta may come on top.</summary>
    public static IEnumerable<string> Required(FrozenManifest snapshot) =>
    [
        .. snapshot.DiskOnly ? (string[])[] : [FrozenState.DeviceFile, FrozenState.MemoryFile],
        .. Enumerable.Range(0, snapshot.Disk.Count).Select(FrozenState.DiskFile),
    ];

    /// <summary>As <c>sha256sum</c> writes it.</summary>
    public static string DigestLine(string sha256) => string.Create(CultureInfo.InvariantCulture, $"{sha256}  {Manifest}\n");
}
