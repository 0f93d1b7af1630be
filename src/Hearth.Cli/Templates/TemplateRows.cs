using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Templates;

namespace Hearth.Cli.Templates;

/// <summary>Templates as <c>template ls</c> and <c>template inspect</c> show them.</summary>
internal static class TemplateRows
{
    private const int MostReadyCharacters = 24;

    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("Key", "KEY"), new("Image", "IMAGE"), new("Kernel", "KERNEL"), new("CPUs", "CPUS"), new("Memory", "MEMORY"), new("Disk", "DISK"), new("Ready", "READY"), new("Size", "SIZE"),
        new("Created", "CREATED"), new("LastUsed", "LAST USED"), new("Accel", "ACCEL", false), new("ImageID", "IMAGE ID", false), new("CreatedAt", "CREATED AT", false),
        new("LastUsedAt", "LAST USED AT", false),
    ];

    public static ListingRow Of(TemplateEntry entry, string kernel, DateTimeOffset now, bool noTruncation)
    {
        FrozenManifest manifest = entry.State.Manifest;
        string key = noTruncation ? entry.Key : VmId.Short(entry.Key);
        return new ListingRow(key, new JsonObject
        {
            ["Key"] = key,
            ["Image"] = manifest.Image,
            ["Kernel"] = kernel,
            ["CPUs"] = manifest.Vcpus.ToString(CultureInfo.InvariantCulture),
            ["Memory"] = new ByteSize(manifest.MemoryBytes).ToString(),
            ["Disk"] = new ByteSize(manifest.DiskBytes).ToString(),
            ["Ready"] = Ready(manifest) is var ready && (noTruncation || ready.Length <= MostReadyCharacters) ? ready : ready[..(MostReadyCharacters - 1)] + "…",
            ["Size"] = new ByteSize(entry.Bytes).ToDecimalString(),
            ["Created"] = VmWords.Ago(manifest.Created, now),
            ["LastUsed"] = VmWords.Ago(entry.LastUsed, now),
            ["Accel"] = manifest.Accel,
            ["ImageID"] = noTruncation ? manifest.ImageId : VmId.Short(manifest.ImageId["sha256:".Length..]),
            ["CreatedAt"] = JsonNodes.CreatedAt(manifest.Created),
            ["LastUsedAt"] = JsonNodes.CreatedAt(entry.LastUsed),
        });
    }

    public static JsonObject Describe(TemplateEntry entry, string kernel)
    {
        FrozenManifest manifest = entry.State.Manifest;
        return new JsonObject
        {
            ["Key"] = entry.Key,
            ["Image"] = manifest.Image,
            ["ImageID"] = manifest.ImageId,
            ["Kernel"] = kernel,
            ["KernelDigest"] = manifest.Kernel,
            ["CPUs"] = manifest.Vcpus,
            ["Memory"] = manifest.MemoryBytes,
            ["Disk"] = manifest.DiskBytes,
            ["Ready"] = Ready(manifest),
            ["Command"] = manifest.Spec is { } spec ? JsonNodes.List(spec.Container.Process.Args) : null,
            ["Accel"] = manifest.Accel,
            ["Engine"] = manifest.Engine,
            ["Size"] = entry.Bytes,
            ["Created"] = JsonNodes.Time(manifest.Created),
            ["LastUsed"] = JsonNodes.Time(entry.LastUsed),
            ["Path"] = entry.State.Directory,
        };
    }

    /// <summary>For what its guest is ready: to start a container, or the condition that its application met.</summary>
    private static string Ready(FrozenManifest manifest) => manifest.Spec?.SnapshotWhen ?? "to start";
}
