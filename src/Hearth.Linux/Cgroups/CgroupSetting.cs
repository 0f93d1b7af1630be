using System.Globalization;
using Hearth.Core.Specs;

namespace Hearth.Linux.Cgroups;

/// <summary>One limit as files of a group.</summary>
/// <param name="Option">What the user wrote, for errors.</param>
/// <param name="Controller">Who enforces it.</param>
/// <param name="V2">File and value in a v2 group (Documentation/admin-guide/cgroup-v2.rst).</param>
/// <param name="V1">Files and values in a v1 group, in the order to write them (Documentation/admin-guide/cgroup-v1/).</param>
internal sealed record CgroupSetting(string Option, string Controller, (string File, string Value) V2, params (string File, string Value)[] V1)
{
    public static IEnumerable<CgroupSetting> Of(VmLimits limits)
    {
        if (limits.MemoryMaxBytes is { } bytes)
        {
            yield return new CgroupSetting("--memory-max", "memory", ("memory.max", Text(bytes)), ("memory.limit_in_bytes", Text(bytes)));
        }

        if (limits.NoSwap)
        {
            yield return NoSwap(limits.MemoryMaxBytes);
        }

        if (limits.CpuWeight is { } weight)
        {
            yield return new CgroupSetting("--cpu-weight", "cpu", ("cpu.weight", Text(weight)), ("cpu.shares", Text(Shares(weight))));
        }

        if (limits.PidsMax is { } count)
        {
            yield return new CgroupSetting("--pids-max", "pids", ("pids.max", Text(count)), ("pids.max", Text(count)));
        }
    }

    public IReadOnlyList<(string File, string Value)> For(bool unified) => unified ? [V2] : V1;

    /// <summary>Default is 100 here and 1024 there; the least of shares is 2 (kernel/sched/sched.h, MIN_SHARES).</summary>
    internal static long Shares(int weight) => Math.Max(2, weight * 1024L / 100);

    /// <summary>
    /// v1 has no bound of swap alone. With swappiness 0 a group's own limit never makes it swap (cgroup-v1/memory.rst, 5.3); with a
    /// bound of memory, memory and swap together get the same bound.
    /// </summary>
    private static CgroupSetting NoSwap(long? memoryMaxBytes)
    {
        (string, string) swappiness = ("memory.swappiness", "0");
        return memoryMaxBytes is { } bytes
            ? new CgroupSetting("--no-swap", "memory", ("memory.swap.max", "0"), swappiness, ("memory.memsw.limit_in_bytes", Text(bytes)))
            : new CgroupSetting("--no-swap", "memory", ("memory.swap.max", "0"), swappiness);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
