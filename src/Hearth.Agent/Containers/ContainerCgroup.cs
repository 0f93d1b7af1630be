using System.Globalization;
using Hearth.Agent.Boot;

namespace Hearth.Agent.Containers;

/// <summary>The container's cgroup (v2): its limits and counters.</summary>
internal static class ContainerCgroup
{
    private const long SmallReserveBytes = 16L << 20;
    private const int SmallReserveShare = 8;
    private const int LargeReserveShare = 32;

    private const string MemoryFile = "/proc/meminfo";

    private const long PeriodMicroseconds = 100_000;

    private static readonly string[] s_controllers = ["cpu", "memory", "pids", "io", "cpuset"];

    /// <summary>Makes it, once, and limits its memory to what there is now.</summary>
    public static void Prepare()
    {
        if (!Directory.Exists(GuestPaths.ContainerCgroup))
        {
            string[] known = File.ReadAllText($"{GuestPaths.Cgroups}/cgroup.controllers").Split((char[])[' ', '\n']);
            string enable = string.Join(' ', s_controllers.Where(known.Contains).Select(static c => "+" + c));
            File.WriteAllText($"{GuestPaths.Cgroups}/cgroup.subtree_control", enable);
            Directory.CreateDirectory(GuestPaths.ContainerCgroup);
        }

        long limit = MemoryLimit(Field(MemoryFile, "MemAvailable:") * 1024, Field(MemoryFile, "SReclaimable:") * 1024);
        Set("memory.max", limit.ToString(CultureInfo.InvariantCulture));
    }

    /// <param name="cpus">CPUs; 0 is no limit, as it is made.</param>
    public static void LimitCpus(double cpus)
    {
        Set("cpu.max", cpus > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1000, (long)(cpus * PeriodMicroseconds))} {PeriodMicroseconds}") : $"max {PeriodMicroseconds}");
    }

    /// <summary>
    /// What the container may have of the memory that the kernel can still give: MemAvailable of proc_meminfo(5), which is without
    /// the kernel's own, the initramfs and the reserves, less SReclaimable, which it counts as free and which is not: what a
    /// guest that has just booted has of it are the inodes and names of file systems in memory, and they stay. A little is
    /// kept back, so that the container meets its limit before the guest meets its own: when the guest came first, it threw out
    /// and read again the pages of its programs for minutes before anything was killed. With SReclaimable (9 MiB) in the
    /// limit that was so in every guest below 144 MiB.
    /// </summary>
    /// <param name="availableBytes">MemAvailable.</param>
    /// <param name="reclaimableSlabBytes">SReclaimable.</param>
    internal static long MemoryLimit(long availableBytes, long reclaimableSlabBytes)
    {
        long free = Math.Max(0, availableBytes - reclaimableSlabBytes);
        return free - Math.Max(free / LargeReserveShare, Math.Min(SmallReserveBytes, free / SmallReserveShare));
    }

    /// <summary>Processes killed for want of memory since boot: in the container, by its limit or the guest's.</summary>
    public static long OutOfMemoryKills() => Counter("memory.events", "oom_kill");

    /// <summary>A named counter of one of its files; 0 when there is none.</summary>
    public static long Counter(string file, string name) => Field($"{GuestPaths.ContainerCgroup}/{file}", name);

    /// <summary>A file with one number; 0 when there is none, and for "max".</summary>
    public static long Number(string file)
    {
        string path = $"{GuestPaths.ContainerCgroup}/{file}";
        return File.Exists(path) && long.TryParse(File.ReadAllText(path).AsSpan().Trim(), out long value) ? value : 0;
    }

    private static void Set(string file, string value)
    {
        string path = $"{GuestPaths.ContainerCgroup}/{file}";
        if (File.Exists(path))
        {
            File.WriteAllText(path, value);
        }
    }

    private static long Field(string path, string name)
    {
        foreach (string line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == name && long.TryParse(words[1], out long value))
            {
                return value;
            }
        }

        return 0;
    }
}
