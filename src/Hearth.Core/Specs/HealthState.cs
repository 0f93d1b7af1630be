namespace Hearth.Core.Specs;

/// <summary>How a VM's health checks went; part of <see cref="VmState"/>.</summary>
public sealed record HealthState
{
    /// <summary>Results that are kept.</summary>
    public const int MostResults = 5;

    public HealthStatus Status { get; init; }

    /// <summary>Failures that count, one after the other, up to now.</summary>
    public int FailingStreak { get; init; }

    /// <summary>The last results, the oldest first.</summary>
    public IReadOnlyList<HealthResult> Log { get; init => field = value ?? []; } = [];
}

public enum HealthStatus
{
    /// <summary>No check is configured, or none was made yet.</summary>
    Unknown,

    /// <summary>Neither a success nor enough failures yet.</summary>
    Starting,
    Healthy,
    Unhealthy,
}

/// <param name="Start">When the check began.</param>
/// <param name="End">When it was over.</param>
/// <param name="ExitCode">0 is a success; of a command its own, -1 for one that took too long.</param>
/// <param name="Output">What it said, at most 4 KiB.</param>
public sealed record HealthResult(DateTimeOffset Start, DateTimeOffset End, int ExitCode, string Output);
