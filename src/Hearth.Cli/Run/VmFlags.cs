using Hearth.Core.Specs;

namespace Hearth.Cli.Run;

/// <summary>What <c>run</c> and <c>create</c> were told about the VM, checked but not yet joined with the image's configuration.</summary>
internal sealed record VmFlags
{
    public required string Image { get; init; }

    /// <summary>What follows IMAGE.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Null takes the image's; the empty text removes it.</summary>
    public string? Entrypoint { get; init; }

    public string? Name { get; init; }

    public string? Hostname { get; init; }

    /// <summary><c>NAME=value</c>, or a <c>NAME</c> to remove.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }

    public bool Interactive { get; init; }

    public bool Tty { get; init; }

    public bool Remove { get; init; }

    public bool Privileged { get; init; }

    public bool ReadOnly { get; init; }

    public bool Init { get; init; }

    public double? Cpus { get; init; }

    public long? MemoryBytes { get; init; }

    public long? DiskBytes { get; init; }

    public long? ShmBytes { get; init; }

    public IReadOnlyDictionary<string, string> Tmpfs { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    public IReadOnlyList<UlimitSpec> Ulimits { get; init; } = [];

    public string? StopSignal { get; init; }

    public int? StopTimeoutSeconds { get; init; }

    public TimeSpan? Timeout { get; init; }

    /// <summary>Null when nothing was said; zero is never.</summary>
    /// <summary>Null: none.</summary>
    public NetworkSpec? Network { get; init; }

    /// <summary>The ports that the image exposes are published, too.</summary>
    public bool PublishAll { get; init; }

    public TimeSpan? IdleSuspend { get; init; }

    public RestartPolicy Restart { get; init; } = RestartPolicy.No;

    public int RestartMaxAttempts { get; init; }

    public string? Kernel { get; init; }

    public AccelChoice Accel { get; init; } = AccelChoice.Auto;

    public bool NoTemplate { get; init; }

    /// <summary>Checked; as it was written, or <c>healthy</c> where the other options mean that.</summary>
    public string? SnapshotWhen { get; init; }

    public HealthFlags Health { get; init; } = new();

    public VmLimits Limits { get; init; } = new();

    public bool HugePages { get; init; }

    public string? LogLevel { get; init; }

    /// <summary>What the user has to know of a VM that is made like this; said once it is made, not of one that is refused.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The window's size, when there is a terminal.</summary>
    public (int Rows, int Columns) Window { get; init; }
}
