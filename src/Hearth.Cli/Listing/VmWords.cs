using Hearth.Core.Specs;
using Hearth.Core.Units;

namespace Hearth.Cli.Listing;

/// <summary>How a VM's state reads: <c>Up 5 minutes</c>, <c>Exited (0) 3 hours ago</c>.</summary>
internal static class VmWords
{
    private const int CommandLength = 20;

    public static string Status(VmState state, DateTimeOffset now) => state.Status switch
    {
        VmStatus.Created => "Created",
        VmStatus.Starting => "Starting",
        VmStatus.Running => $"{Up(state, now)}{Health(state.Health)}",
        VmStatus.Paused => $"{Up(state, now)} (Paused)",
        VmStatus.Stopping => $"{Up(state, now)} (Stopping)",
        VmStatus.Restarting => $"Restarting ({state.ExitCode ?? 0}) {Ago(state.FinishedAt, now)}",
        VmStatus.Suspended when state.SuspendedBy == SuspendCause.Idle => $"Suspended (idle) {Ago(state.FinishedAt, now)}",
        VmStatus.Suspended => $"Suspended {Ago(state.FinishedAt, now)}",
        _ => $"Exited ({state.ExitCode ?? 0}) {Ago(state.FinishedAt, now)}",
    };

    public static string Ago(DateTimeOffset? moment, DateTimeOffset now) => $"{Durations.Humanize(Since(moment, now))} ago";

    /// <summary>The command line in quotes, at most twenty characters of it unless <paramref name="whole"/>.</summary>
    public static string Command(IReadOnlyList<string> args, bool whole)
    {
        string line = string.Join(' ', args);
        string shown = !whole && line.Length > CommandLength ? line[..(CommandLength - 1)] + "…" : line;
        return $"\"{shown.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }

    private static string Health(HealthState? health) => health?.Status switch
    {
        HealthStatus.Starting => " (health: starting)",
        HealthStatus.Healthy => " (healthy)",
        HealthStatus.Unhealthy => " (unhealthy)",
        _ => "",
    };

    private static string Up(VmState state, DateTimeOffset now) => $"Up {Durations.Humanize(Since(state.StartedAt, now))}";

    private static TimeSpan Since(DateTimeOffset? moment, DateTimeOffset now) =>
        moment is { } then && then < now ? now - then : TimeSpan.Zero;
}
