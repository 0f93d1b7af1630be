using System.Globalization;
using Hearth.Agent.Boot;
using Hearth.Agent.Containers;
using Hearth.Linux.Guest;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Statistics;

/// <summary>What the container has used (Documentation/admin-guide/cgroup-v2.rst).</summary>
internal static class ContainerCounters
{
    public static StatsReply Read() => new(
        ContainerCgroup.Counter("cpu.stat", "usage_usec"),
        Math.Max(0, ContainerCgroup.Number("memory.current") - ContainerCgroup.Counter("memory.stat", "inactive_file")),
        ContainerCgroup.Number("memory.max"),
        (int)ContainerCgroup.Number("pids.current"),
        Sum("rbytes="),
        Sum("wbytes="),
        OwnResidentBytes(),
        GuestKernel.Uptime().TotalSeconds);

    /// <summary>proc(5), statm: the second field, in pages.</summary>
    private static long OwnResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    private static long Sum(string key)
    {
        string path = $"{GuestPaths.ContainerCgroup}/io.stat";
        long sum = 0;
        foreach (string word in File.Exists(path) ? File.ReadAllText(path).Split((char[])[' ', '\n']) : [])
        {
            if (word.StartsWith(key, StringComparison.Ordinal))
            {
                sum += long.Parse(word.AsSpan(key.Length), CultureInfo.InvariantCulture);
            }
        }

        return sum;
    }
}
