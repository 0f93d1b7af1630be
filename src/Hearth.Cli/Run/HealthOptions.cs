using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Run;

/// <summary>The options of <c>run</c> and <c>create</c> about health checks.</summary>
internal sealed class HealthOptions
{
    public Option<string?> Command { get; } = new("--health-cmd") { Description = "Check the container's health by a command in it; 'none' turns the image's check off.", HelpName = "COMMAND" };

    public Option<string?> Http { get; } = new("--health-http") { Description = "Check by a GET of a port of the VM: healthy from status 200 to 399.", HelpName = "[:PORT][/PATH]" };

    public Option<string?> Tcp { get; } = new("--health-tcp") { Description = "Check by a connection to a port of the VM.", HelpName = "PORT" };

    public Option<string?> Interval { get; } = new("--health-interval") { Description = "Time between checks (30s when left out).", HelpName = "DURATION" };

    public Option<string?> Timeout { get; } = new("--health-timeout") { Description = "Most time of one check (30s when left out).", HelpName = "DURATION" };

    public Option<string?> Retries { get; } = new("--health-retries") { Description = "Failures in a row that make it unhealthy (3 when left out).", HelpName = "NUMBER" };

    public Option<string?> StartPeriod { get; } = new("--health-start-period") { Description = "Time from the start in which failures do not count (0s when left out).", HelpName = "DURATION" };

    public Option<string?> StartInterval { get; } = new("--health-start-interval")
    {
        Description = "Longest time between checks until the first success (5s when left out); the first come sooner.",
        HelpName = "DURATION",
    };

    public Option<string?> OnFailure { get; } = new("--health-on-failure") { Description = "What to do when it becomes unhealthy: none, kill, restart, stop.", HelpName = "ACTION" };

    public Option<bool> None { get; } = new("--no-healthcheck") { Description = "Make no health checks, whatever the image says." };

    public IReadOnlyList<Option> All => [Command, Http, Tcp, Interval, Timeout, Retries, StartPeriod, StartInterval, OnFailure, None];

    /// <exception cref="HearthException"><c>health.invalid</c>, <c>duration.invalid</c>, <c>flags.conflict</c>.</exception>
    public HealthFlags Read(ParseResult parsed)
    {
        List<(string Option, HealthSpec? Probe)> probes = [];
        if (parsed.GetValue(Command) is { } command)
        {
            probes.Add((Command.Name, command == "none" ? null : HealthFlags.Command(command)));
        }

        if (parsed.GetValue(Http) is { } http)
        {
            probes.Add((Http.Name, HealthFlags.Http(http)));
        }

        if (parsed.GetValue(Tcp) is { } tcp)
        {
            probes.Add((Tcp.Name, HealthFlags.Tcp(tcp)));
        }

        if (probes.Count > 1)
        {
            throw new HearthException("flags.conflict", $"{probes[0].Option} and {probes[1].Option} exclude each other.", "A VM has one health check: leave one out.");
        }

        if (parsed.GetValue(None) && All.FirstOrDefault(option => option != None && parsed.GetResult(option) is not null) is { } other)
        {
            throw new HearthException("flags.conflict", $"--no-healthcheck and {other.Name} exclude each other.", "Leave one out.");
        }

        return new HealthFlags
        {
            IsOff = parsed.GetValue(None) || probes is [{ Probe: null }],
            Probe = probes.Count > 0 ? probes[0].Probe : null,
            Interval = HealthFlags.Time(Interval.Name, parsed.GetValue(Interval)),
            Timeout = HealthFlags.Time(Timeout.Name, parsed.GetValue(Timeout)),
            StartPeriod = HealthFlags.Time(StartPeriod.Name, parsed.GetValue(StartPeriod), mayBeZero: true),
            StartInterval = HealthFlags.Time(StartInterval.Name, parsed.GetValue(StartInterval)),
            Retries = HealthFlags.ReadRetries(parsed.GetValue(Retries)),
            OnFailure = HealthFlags.ReadAction(parsed.GetValue(OnFailure)),
        };
    }
}
