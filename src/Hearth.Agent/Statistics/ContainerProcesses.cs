using System.Globalization;
using Hearth.Agent.Containers;
using Hearth.Agent.Users;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Statistics;

/// <summary>The processes of the container's cgroup, from /proc (proc(5)).</summary>
internal static class ContainerProcesses
{
    /// <summary>USER_HZ, which is 100 on every architecture.</summary>
    private const double TicksPerSecond = 100;

    private const string CgroupPrefix = "0::/container";

    private const int PseudoTerminalMajor = 136;

    public static TopReply List(Container container)
    {
        Dictionary<uint, string> users = [];
        foreach (PasswdEntry entry in AccountFile.ParsePasswd(container.Root.ReadText("/etc/passwd", 4 << 20)))
        {
            users.TryAdd(entry.User, entry.Name);
        }

        double boot = BootTime();
        List<ProcessRecord> records = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out int pid) && ProcessRecord.TryRead(pid, CgroupPrefix) is { } record)
            {
                records.Add(record);
            }
        }

        Dictionary<int, int> inside = records.ToDictionary(static r => r.Pid, static r => r.PidInside);
        return new TopReply([.. records.OrderBy(static r => r.PidInside).Select(r => new GuestProcess(
            users.GetValueOrDefault(r.User) ?? r.User.ToString(CultureInfo.InvariantCulture),
            r.PidInside,
            inside.GetValueOrDefault(r.Parent),
            r.CpuTicks / TicksPerSecond,
            boot + (r.StartTicks / TicksPerSecond),
            r.Terminal >> 8 == PseudoTerminalMajor ? string.Create(CultureInfo.InvariantCulture, $"pts/{r.Terminal & 0xff}") : "?",
            r.ResidentBytes,
            r.Command))]);
    }

    private static double BootTime()
    {
        foreach (string line in File.ReadLines("/proc/stat"))
        {
            if (line.StartsWith("btime ", StringComparison.Ordinal))
            {
                return double.Parse(line.AsSpan(6), CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }
}
