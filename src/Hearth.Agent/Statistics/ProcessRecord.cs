using System.Globalization;

namespace Hearth.Agent.Statistics;

/// <summary>One process as /proc tells it.</summary>
internal sealed record ProcessRecord(
    int Pid, int PidInside, int Parent, uint User, long CpuTicks, long StartTicks, int Terminal, long ResidentBytes, string Command)
{
    /// <summary>Null when it is of another cgroup, or gone.</summary>
    public static ProcessRecord? TryRead(int pid, string cgroupPrefix)
    {
        try
        {
            string directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
            return File.ReadAllText($"{directory}/cgroup").StartsWith(cgroupPrefix, StringComparison.Ordinal)
                ? Parse(pid, File.ReadAllText($"{directory}/stat"), File.ReadAllLines($"{directory}/status"), File.ReadAllText($"{directory}/cmdline"))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It ended while it was read.
        }
    }

    /// <summary>Fields of stat count from behind the name, which may contain anything, parentheses and spaces included.</summary>
    internal static ProcessRecord? Parse(int pid, string stat, IReadOnlyList<string> status, string commandLine)
    {
        int open = stat.IndexOf('(', StringComparison.Ordinal);
        int close = stat.LastIndexOf(')');
        if (open < 0 || close < open)
        {
            return null;
        }

        string[] fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 22)
        {
            return null;
        }

        string command = commandLine.Length > 0 ? commandLine.TrimEnd('\0').Replace('\0', ' ') : $"[{stat[(open + 1)..close]}]";
        return new ProcessRecord(
            pid,
            (int)Field(status, "NSpid:", last: true),
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            (uint)Field(status, "Uid:", last: false),
            long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture),
            long.Parse(fields[19], CultureInfo.InvariantCulture),
            int.Parse(fields[4], CultureInfo.InvariantCulture),
            Field(status, "VmRSS:", last: false) * 1024,
            command);
    }

    private static long Field(IReadOnlyList<string> status, string name, bool last)
    {
        foreach (string line in status)
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                string[] values = line[name.Length..].Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
                return values.Length > 0 && long.TryParse(last ? values[^1] : values[0], out long value) ? value : 0;
            }
        }

        return 0;
    }
}
