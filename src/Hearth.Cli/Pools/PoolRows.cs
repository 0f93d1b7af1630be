using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Units;
using Hearth.Engine.Pools;
using Hearth.Linux.Processes;

namespace Hearth.Cli.Pools;

/// <summary>Pools as <c>pool ls</c> shows them.</summary>
internal static class PoolRows
{
    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("Image", "IMAGE"), new("Wanted", "WANTED"), new("Ready", "READY"), new("Starting", "STARTING"), new("CPUs", "CPUS"), new("Memory", "MEMORY"),
        new("Resident", "RESIDENT"), new("Disk", "DISK", false), new("Kernel", "KERNEL", false), new("CreatedAt", "CREATED AT", false),
    ];

    /// <param name="wish">The pool.</param>
    /// <param name="spares">Its spares that live.</param>
    public static ListingRow Of(PoolWish wish, IReadOnlyList<SpareRecord> spares) => new(wish.Image, new JsonObject
    {
        ["Image"] = wish.Image,
        ["Wanted"] = Number(wish.Count),
        ["Ready"] = Number(spares.Count(static spare => spare.Status == SpareStatus.Ready)),
        ["Starting"] = Number(spares.Count(static spare => spare.Status == SpareStatus.Starting)),
        ["CPUs"] = Number(wish.Vcpus),
        ["Memory"] = new ByteSize(wish.MemoryBytes).ToString(),
        ["Resident"] = new ByteSize(spares.Sum(Resident)).ToDecimalString(),
        ["Disk"] = new ByteSize(wish.DiskBytes).ToString(),
        ["Kernel"] = wish.Kernel,
        ["CreatedAt"] = JsonNodes.CreatedAt(wish.Created),
    });

    /// <summary>Of supervisor and VMM. What they share with the template and each other is in each.</summary>
    private static long Resident(SpareRecord spare) =>
        ProcessTable.ResidentBytes(spare.Supervisor.Pid) + (spare.Vmm is { } vmm ? ProcessTable.ResidentBytes(vmm.Pid) : 0);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
