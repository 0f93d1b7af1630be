using System.Text.Json.Serialization;

namespace Hearth.Core.Specs;

/// <summary>What a VM as a whole may take of its host: bounds of the control group that its VMM runs in, not of the container.</summary>
public sealed record VmLimits
{
    /// <summary>
    /// What a VMM needs beside the guest's memory: heap and devices (20 MB were measured, 64 MiB leave room), and at least as much
    /// for translated code under software emulation.
    /// </summary>
    public const long OverheadBytes = 128L << 20;

    /// <summary>The part of <see cref="OverheadBytes"/> that is not translated code.</summary>
    public const long HeapBytes = 64L << 20;

    /// <summary>
    /// What a copy of a frozen VM is expected to need of its own: an idle one has 36 MB after a minute (supervisor and VMM, docs/performance.md), and
    /// the rest of these 64 MiB is for what it writes and for the pages that were laid over its memory. All else it shares.
    /// </summary>
    public const long CopyBytes = 64L << 20;

    /// <summary>Threads of a VMM beside its vCPUs and the workers of its disks: two were counted, and two are room.</summary>
    public const int OwnThreads = 4;

    /// <summary>Workers that a VMM's disks share: with fewer they wait for each other all the time.</summary>
    public const int LeastWorkers = 4;

    public const int LeastCpuWeight = 1;

    public const int MostCpuWeight = 10000;

    /// <summary>None of its memory goes to the host's swap.</summary>
    public bool NoSwap { get; init; }

    /// <summary>Most memory in bytes, the guest's and the VMM's own; null is no bound.</summary>
    public long? MemoryMaxBytes { get; init; }

    /// <summary>Share of the CPUs when they are scarce, as <c>cpu.weight</c> of cgroups(7): 1 to 10000, where others have 100; null leaves it.</summary>
    public int? CpuWeight { get; init; }

    /// <summary>Most processes and threads on the host; null is no bound.</summary>
    public int? PidsMax { get; init; }

    [JsonIgnore]
    public bool IsNone => !NoSwap && MemoryMaxBytes is null && CpuWeight is null && PidsMax is null;

    /// <summary>The least <see cref="MemoryMaxBytes"/> that a VM can run with. Huge pages are not counted by the group.</summary>
    public static long LeastMemory(long guestBytes, bool hugePages) => OverheadBytes + (hugePages ? 0 : guestBytes);

    /// <summary>The least <see cref="PidsMax"/> that a VM can run with.</summary>
    public static int LeastPids(int vcpus) => vcpus + OwnThreads + LeastWorkers;
}
