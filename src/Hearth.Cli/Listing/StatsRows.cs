using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Cli.Output;
using Hearth.Core.Naming;
using Hearth.Core.Units;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Listing;

/// <summary>Rows of <c>stats</c>.</summary>
internal static class StatsRows
{
    private const string Unknown = "--";

    public static IReadOnlyList<Column> Columns { get; } =
    [
        new("ID", "CONTAINER ID"), new("Name", "NAME"), new("CPUPerc", "CPU %"), new("MemUsage", "MEM USAGE / LIMIT"), new("MemPerc", "MEM %"),
        new("BlockIO", "BLOCK I/O"), new("PIDs", "PIDS"), new("VmmMemory", "VMM MEM"), new("Container", "CONTAINER", false),
        new("NetIO", "NET I/O", false), new("SupervisorMemory", "SUPERVISOR MEM", false), new("AgentMemory", "AGENT MEM", false),
    ];

    /// <param name="vm">Whose figures they are.</param>
    /// <param name="before">The sample before <paramref name="now"/>; null when there is none yet.</param>
    /// <param name="now">Null when the VM does not run.</param>
    /// <param name="noTruncation">Show whole ids.</param>
    public static ListingRow Of(VmModel vm, VmStats? before, VmStats? now, bool noTruncation)
    {
        string id = noTruncation ? vm.Id : VmId.Short(vm.Id);
        Protocol.Agent.StatsReply? guest = now?.Guest;
        return new ListingRow(id, new JsonObject
        {
            ["ID"] = id,
            ["Name"] = vm.Name,
            ["CPUPerc"] = CpuPercent(before, now) is { } cpu ? Percent(cpu) : Unknown,
            ["MemUsage"] = guest is null ? $"{Unknown} / {Unknown}" : $"{new ByteSize(guest.MemoryBytes)} / {new ByteSize(guest.MemoryLimitBytes)}",
            ["MemPerc"] = guest is { MemoryLimitBytes: > 0 } ? Percent(100.0 * guest.MemoryBytes / guest.MemoryLimitBytes) : Unknown,
            ["BlockIO"] = guest is null
                ? $"{Unknown} / {Unknown}"
                : $"{new ByteSize(guest.BlockReadBytes).ToDecimalString()} / {new ByteSize(guest.BlockWriteBytes).ToDecimalString()}",
            ["PIDs"] = guest?.Pids.ToString(CultureInfo.InvariantCulture) ?? Unknown,
            ["VmmMemory"] = now is null ? Unknown : new ByteSize(now.VmmResidentBytes).ToString(),
            ["Container"] = id,
            ["NetIO"] = $"{Unknown} / {Unknown}",
            ["SupervisorMemory"] = now is null ? Unknown : new ByteSize(now.SupervisorResidentBytes).ToString(),
            ["AgentMemory"] = guest is null ? Unknown : new ByteSize(guest.AgentResidentBytes).ToString(),
        });
    }

    /// <summary>CPU time over wall time between two samples, 100 for one CPU; null when either is missing or the clock stood.</summary>
    public static double? CpuPercent(VmStats? before, VmStats? now)
    {
        if (before?.Guest is null || now?.Guest is null)
        {
            return null;
        }

        double wallMicroseconds = (now.TimestampUnixNanoseconds - before.TimestampUnixNanoseconds) / 1000.0;
        double used = now.Guest.CpuMicroseconds - before.Guest.CpuMicroseconds;
        return wallMicroseconds > 0 && used >= 0 ? 100 * used / wallMicroseconds : null;
    }

    private static string Percent(double value) => value.ToString("0.00", CultureInfo.InvariantCulture) + "%";
}
