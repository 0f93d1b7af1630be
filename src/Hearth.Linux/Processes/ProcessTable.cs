using System.Globalization;
using Hearth.Core.Specs;

namespace Hearth.Linux.Processes;

/// <summary>Facts about processes from proc(5).</summary>
public static class ProcessTable
{
    /// <summary>PF_EXITING of include/linux/sched.h, in field 9 of proc(5) stat: it runs no more of its program, and is closing what it has open.</summary>
    private const uint Exiting = 4;

    /// <summary>SIGKILL in field 31 of proc(5) stat: it was killed and its first thread has not come to know.</summary>
    private const ulong KillPending = 1UL << (9 - 1);

    /// <summary>The process that a pid names now; null when there is none, or it is on its way out, or a zombie.</summary>
    public static ProcessIdentity? Identify(int pid)
    {
        if (ReadStat(pid) is not { } fields)
        {
            return null;
        }

        bool isEnding = fields[0] is "Z" or "X" || (uint.TryParse(fields[6], NumberStyles.None, CultureInfo.InvariantCulture, out uint flags) && (flags & Exiting) != 0)
            || (ulong.TryParse(fields[28], NumberStyles.None, CultureInfo.InvariantCulture, out ulong pending) && (pending & KillPending) != 0);
        return isEnding ? null : new ProcessIdentity(pid, ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    /// <summary>When the process of that pid started, in clock ticks since the boot, also when it is on its way out; 0 when there is none.</summary>
    public static ulong StartOf(int pid) => ReadStat(pid) is { } fields ? ulong.Parse(fields[19], CultureInfo.InvariantCulture) : 0;

    /// <summary>The fields of proc(5) stat from the third on; null when there is no such process.</summary>
    private static string[]? ReadStat(int pid)
    {
        try
        {
            // Field 2, the name, is in parentheses and may hold anything; count from behind its last one.
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static ProcessIdentity Self => Identify(Environment.ProcessId) ?? throw new InvalidOperationException("/proc does not show this process.");

    public static bool IsAlive(ProcessIdentity process) => Identify(process.Pid) == process;

    /// <summary>Resident memory in bytes (VmRSS of proc(5) status); 0 when the process is gone.</summary>
    public static long ResidentBytes(int pid)
    {
        try
        {
            foreach (string line in File.ReadLines($"/proc/{pid}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                {
                    return long.Parse(line.AsSpan(6, line.Length - 9).Trim(), CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (IOException)
        {
            // Gone between two looks.
        }

        return 0;
    }

    /// <summary>Pids of a program (the start of its name, proc(5) comm) whose command line contains a text: helpers that a killed supervisor left.</summary>
    public static IReadOnlyList<int> FindByCommandLine(string program, string text)
    {
        List<int> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == Environment.ProcessId)
            {
                continue;
            }

            try
            {
                if (File.ReadAllText($"{directory}/comm").StartsWith(program, StringComparison.Ordinal) && File.ReadAllText($"{directory}/cmdline").Contains(text, StringComparison.Ordinal))
                {
                    found.Add(pid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone, or somebody else's.
            }
        }

        return found;
    }

    /// <summary>Sends SIGKILL to exactly this process; nothing happens when it is gone.</summary>
    public static void Kill(ProcessIdentity process)
    {
        if (IsAlive(process))
        {
            _ = Libc.kill(process.Pid, 9);
        }
    }

    /// <summary>Becomes the leader of a new session (setsid(2)), so that a terminal's hang-up does not reach this process.</summary>
    public static void LeaveTerminal() => _ = Libc.setsid();

    public static bool IsRoot => EffectiveUser == 0;

    public static uint EffectiveUser => Libc.geteuid();

    public static uint EffectiveGroup => Libc.getegid();
}
