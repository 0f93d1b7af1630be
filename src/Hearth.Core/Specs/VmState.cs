namespace Hearth.Core.Specs;

/// <summary>Where a VM is in its life; the words that Docker uses.</summary>
public enum VmStatus
{
    /// <summary>Made, never started.</summary>
    Created,

    /// <summary>The supervisor is up and the VM is booting.</summary>
    Starting,

    /// <summary>The container runs.</summary>
    Running,

    /// <summary>The vCPUs are stopped.</summary>
    Paused,

    /// <summary>Asked to stop; waiting for the container.</summary>
    Stopping,

    /// <summary>Between two runs under a restart policy.</summary>
    Restarting,

    /// <summary>Ended; <see cref="VmState.ExitCode"/> says how.</summary>
    Exited,

    /// <summary>Frozen to disk, without a process; a start goes on from there.</summary>
    Suspended,
}

/// <summary>Who suspended a VM.</summary>
public enum SuspendCause
{
    /// <summary><c>suspend</c>: it stays so until it is resumed or started.</summary>
    User,

    /// <summary>The VM itself (<c>--idle-suspend</c>): it goes on when it is used.</summary>
    Idle,
}

/// <summary>What is so now; <c>vms/&lt;id&gt;/state.json</c>, written by its supervisor alone while that lives.</summary>
public sealed record VmState
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public VmStatus Status { get; init; } = VmStatus.Created;

    /// <summary>The supervisor: a process is a pid and a start time (proc(5) stat field 22), never a pid alone.</summary>
    public ProcessIdentity? Supervisor { get; init; }

    public ProcessIdentity? Vmm { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int? ExitCode { get; init; }

    public bool OomKilled { get; init; }

    /// <summary>Why the VM ended other than by its container's exit; null when it did.</summary>
    public string? Error { get; init; }

    /// <summary>Who suspended it; null when it is not suspended, or was by a program that did not write this down.</summary>
    public SuspendCause? SuspendedBy { get; init; }

    /// <summary>Who holds the published ports of a VM that suspended itself, and wakes it; null when nobody does.</summary>
    public ProcessIdentity? Doorkeeper { get; init; }

    /// <summary>How much of its <c>--timeout</c> a suspended VM has used; null without one, and when it is not suspended.</summary>
    public TimeSpan? TimeoutUsed { get; init; }

    /// <summary>The published ports of a VM that runs, or has a doorkeeper, with the numbers that were found for those that asked for any.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>The addresses of a VM that runs, with the bits of their networks: <c>10.0.2.100/24</c>.</summary>
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>The places of a VM that runs on named networks.</summary>
    public IReadOnlyList<NetworkPlace> Networks { get; init => field = value ?? []; } = [];

    /// <summary>How its health checks went; null when none is configured or none was made yet.</summary>
    public HealthState? Health { get; init; }

    public int RestartCount { get; init; }

    /// <summary>The user asked for the last stop, so a restart policy leaves it alone.</summary>
    public bool StoppedByUser { get; init; }

    /// <summary>The engine and accelerator in use: <c>qemu/tcg</c>.</summary>
    public string? Engine { get; init; }

    /// <summary>The VMM's cgroup directory, when it has one.</summary>
    public string? Cgroup { get; init; }

    /// <summary>What the last start took, in milliseconds by stage.</summary>
    public IReadOnlyDictionary<string, double> StartStages { get; init; } = new Dictionary<string, double>();
}

/// <summary>A process, told apart from a later one with the same pid.</summary>
public readonly record struct ProcessIdentity(int Pid, ulong StartTicks);
