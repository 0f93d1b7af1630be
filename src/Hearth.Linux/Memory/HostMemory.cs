using System.Globalization;
using Hearth.Linux.Cgroups;

namespace Hearth.Linux.Memory;

/// <summary>The host's memory, from proc_meminfo(5) and the control groups above the VMs'.</summary>
public static class HostMemory
{
    private const string MemInfo = "/proc/meminfo";
    private const string CgroupRoot = "/sys/fs/cgroup";

    /// <summary>What could be had without swapping, in bytes: MemAvailable, or what a group that VMs run in leaves of its memory.max when that is less.</summary>
    public static long AvailableBytes() => Math.Min(ReadField(File.ReadLines(MemInfo), "MemAvailable:"), CgroupHierarchy.MemoryRoom(CgroupRoot));

    /// <summary>What could be swapped out beside, in bytes.</summary>
    public static long SwapFreeBytes() => ReadField(File.ReadLines(MemInfo), "SwapFree:");

    /// <summary>A field of /proc/meminfo, which has kB and means KiB, in bytes.</summary>
    /// <exception cref="InvalidDataException">It is not there, or no number.</exception>
    internal static long ReadField(IEnumerable<string> lines, string name)
    {
        string? line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        string? number = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long kibibytes)
            ? kibibytes * 1024
            : throw new InvalidDataException($"{MemInfo} has no number for {name}");
    }
}
