using System.Text.Json.Serialization;

namespace Hearth.Protocol.Agent;

/// <summary>The container's processes as <c>top</c> shows them.</summary>
public sealed record TopReply(IReadOnlyList<GuestProcess> Processes);

/// <param name="User">Name from the container's passwd, or the number.</param>
/// <param name="Pid">In the container's pid namespace.</param>
/// <param name="ParentPid">In the container's pid namespace; 0 when outside.</param>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="StartedUnixSeconds">Wall clock.</param>
/// <param name="Tty"><c>pts/0</c> or <c>?</c>.</param>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="Command">The command line.</param>
public sealed record GuestProcess(
    string User, int Pid, int ParentPid, double CpuSeconds, double StartedUnixSeconds, string Tty, long ResidentBytes, string Command);

/// <summary>Counters of the container's cgroup and of the guest.</summary>
/// <param name="CpuMicroseconds">cpu.stat usage_usec.</param>
/// <param name="MemoryBytes">memory.current without inactive file pages, as Docker counts.</param>
/// <param name="MemoryLimitBytes">The guest's memory, or the container's limit when lower.</param>
/// <param name="Pids">pids.current.</param>
/// <param name="BlockReadBytes">io.stat rbytes over all disks.</param>
/// <param name="BlockWriteBytes">io.stat wbytes over all disks.</param>
/// <param name="AgentResidentBytes">The agent's own resident memory.</param>
/// <param name="UptimeSeconds">Since the guest booted.</param>
public sealed record StatsReply(
    long CpuMicroseconds, long MemoryBytes, long MemoryLimitBytes, int Pids, long BlockReadBytes, long BlockWriteBytes, long AgentResidentBytes, double UptimeSeconds);

/// <summary>What a path in the container is.</summary>
/// <param name="Exists">Whether there is something.</param>
/// <param name="IsDirectory">After following links.</param>
/// <param name="Name">The last component.</param>
/// <param name="LinkTarget">Where a symbolic link points; null for others.</param>
/// <param name="Mode">st_mode.</param>
/// <param name="SizeBytes">st_size.</param>
public sealed record PathReply(bool Exists, bool IsDirectory, string Name, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? LinkTarget, int Mode, long SizeBytes);

/// <summary>What the agent says of itself when it is up; the payload of its first Event on <see cref="AgentPorts.Events"/>.</summary>
/// <param name="AgentVersion">Version of the agent.</param>
/// <param name="KernelRelease">uname -r.</param>
/// <param name="Stages">Milliseconds of guest uptime at which each step of the start was done.</param>
public sealed record AgentReady(string AgentVersion, string KernelRelease, IReadOnlyDictionary<string, double> Stages);
