namespace Hearth.Core.Specs;

/// <summary>What was asked of a VM; <c>vms/&lt;id&gt;/spec.json</c>. Does not change after creation, but for <see cref="Name"/> and what the guest may reach.</summary>
public sealed record VmSpec
{
    /// <summary>The newest format this program writes; a newer one is refused.</summary>
    public const int CurrentVersion = 1;

    public const long DefaultMemoryBytes = 512L << 20;

    public const long DefaultDiskBytes = 10L << 30;

    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>The image as the user wrote it.</summary>
    public required string Image { get; init; }

    /// <summary><c>sha256:…</c> of the image's configuration: the image id.</summary>
    public required string ImageId { get; init; }

    public required ContainerSpec Container { get; init; }

    /// <summary>How many of the process's first words are the entrypoint; the rest is the command. Shown, as Docker shows both.</summary>
    public int EntrypointWords { get; init; }

    public int Vcpus { get; init; } = 1;

    public long MemoryBytes { get; init; } = DefaultMemoryBytes;

    /// <summary>The guest's memory is of the host's huge pages (2 MiB). Such a VM always boots: a template's memory is a file.</summary>
    public bool HugePages { get; init; }

    /// <summary>Bounds of the VM's control group on the host; null is none.</summary>
    public VmLimits? Limits { get; init; }

    /// <summary>Size of the writable disk over the image, in bytes; sparse.</summary>
    public long DiskBytes { get; init; } = DefaultDiskBytes;

    public RestartPolicy Restart { get; init; } = RestartPolicy.No;

    /// <summary>Most restarts for <c>on-failure</c>; 0 is no bound.</summary>
    public int RestartMaxAttempts { get; init; }

    /// <summary>Remove the VM and all it wrote when it has ended.</summary>
    public bool AutoRemove { get; init; }

    /// <summary>How long <c>stop</c> waits after the stop signal before it kills, in seconds.</summary>
    public int StopTimeoutSeconds { get; init; } = 10;

    /// <summary>The container is ended, with exit code 124, after so long; null is never.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The VM suspends itself when it was idle for so long, and goes on when it is used; null is never.</summary>
    public TimeSpan? IdleSuspend { get; init; }

    /// <summary>The kernel's catalogue name or digest.</summary>
    public string Kernel { get; init; } = "debian";

    public AccelChoice Accel { get; init; } = AccelChoice.Auto;

    /// <summary>The first start may go on from a template; otherwise it boots.</summary>
    public bool Template { get; init; } = true;

    /// <summary>When the application counts as ready (<see cref="ReadyCondition"/>): first runs like this one go on from there. Null is never.</summary>
    public string? SnapshotWhen { get; init; }

    /// <summary>How the VM reaches others; null is not at all, and the guest has no network interface.</summary>
    public NetworkSpec? Network { get; init; }

    /// <summary>How the VM is asked whether it is well; null is not at all.</summary>
    public HealthSpec? Health { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary><c>80/tcp</c>: what the image says it serves; shown, not published.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init => field = value ?? []; } = [];

    /// <summary>What the container has of the host's files.</summary>
    public IReadOnlyList<MountSpec> Mounts { get; init => field = value ?? []; } = [];

    /// <summary>Least level of what the supervisor writes to its log: <c>debug</c>, <c>info</c>, <c>warning</c>, <c>error</c>.</summary>
    public string LogLevel { get; init; } = "warning";
}

public enum RestartPolicy
{
    No,
    OnFailure,
    Always,
}

public enum AccelChoice
{
    Auto,
    Kvm,
    Tcg,
}
