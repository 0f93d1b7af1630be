namespace Hearth.Core.Specs;

/// <summary>How a VM is asked whether its container does its work, and when it counts as sick. Times and numbers mean what they mean in Docker.</summary>
public sealed record HealthSpec
{
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan DefaultStartInterval = TimeSpan.FromSeconds(5);

    public const int DefaultRetries = 3;

    public required HealthProbeKind Kind { get; init; }

    /// <summary>Of a command: the program, looked up in the container, and its arguments. A command of a shell is its last word.</summary>
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    /// <summary>The command was given as one line for a shell.</summary>
    public bool IsShell { get; init; }

    /// <summary>Of HTTP and TCP: a port of the guest.</summary>
    public int Port { get; init; }

    /// <summary>Of HTTP: what is asked for, with the query.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Of HTTP: the name in the Host header; the connection goes to the guest whatever it says.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>Between the end of a check and the next.</summary>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>A check that takes longer is ended and has failed.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Failures within this time of the start do not count, until the first success.</summary>
    public TimeSpan StartPeriod { get; init; }

    /// <summary>The longest pause between two checks before the first success.</summary>
    public TimeSpan StartInterval { get; init; } = DefaultStartInterval;

    /// <summary>So many failures one after the other make it unhealthy.</summary>
    public int Retries { get; init; } = DefaultRetries;

    /// <summary>What is done when it becomes unhealthy.</summary>
    public HealthAction OnFailure { get; init; }
}

public enum HealthProbeKind
{
    /// <summary>A command in the container; 0 is healthy.</summary>
    Command,

    /// <summary>GET; a status of 200 to 399 is healthy.</summary>
    Http,

    /// <summary>A connection that is accepted is healthy.</summary>
    Tcp,
}

/// <summary>Podman's actions.</summary>
public enum HealthAction
{
    None,

    /// <summary>SIGKILL for the container; a restart policy applies.</summary>
    Kill,

    /// <summary>Stopped in order and started again.</summary>
    Restart,

    /// <summary>Stopped in order.</summary>
    Stop,
}
