namespace Hearth.Core.Specs;

/// <summary>The container inside the VM: everything that the agent needs to start it.</summary>
public sealed record ContainerSpec
{
    public required ProcessSpec Process { get; init; }

    public required string Hostname { get; init; }

    /// <summary>Capabilities to add to or drop from Docker's default set: names with or without <c>CAP_</c>, or <c>ALL</c>.</summary>
    public IReadOnlyList<string> CapAdd { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> CapDrop { get; init => field = value ?? []; } = [];

    /// <summary>Mount the root file system read-only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>tmpfs mounts: absolute path to mount options (<c>size=64m,mode=1777</c>; may be empty).</summary>
    public IReadOnlyDictionary<string, string> Tmpfs { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<UlimitSpec> Ulimits { get; init => field = value ?? []; } = [];

    /// <summary>Run an init (tini) as PID 1 that reaps zombies and forwards signals.</summary>
    public bool Init { get; init; }

    /// <summary>The signal that asks the container to stop: a name (<c>SIGTERM</c>, <c>TERM</c>) or a number.</summary>
    public string StopSignal { get; init; } = "SIGTERM";

    /// <summary>CPU time limit in CPUs (1.5); 0 is no limit below the VM's own vCPUs.</summary>
    public double Cpus { get; init; }

    /// <summary>Size of /dev/shm in bytes.</summary>
    public long ShmBytes { get; init; } = 64L << 20;
}

/// <summary>A resource limit (setrlimit(2)); -1 is unlimited.</summary>
public sealed record UlimitSpec(string Name, long Soft, long Hard);
