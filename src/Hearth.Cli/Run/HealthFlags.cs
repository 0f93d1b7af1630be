using System.Globalization;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Core.Units;

namespace Hearth.Cli.Run;

/// <summary>What <c>--health-…</c> said; what was left out is the image's, or the default.</summary>
internal sealed record HealthFlags
{
    private static readonly TimeSpan s_leastTime = TimeSpan.FromMilliseconds(1);

    /// <summary>Timers take no more than 49 days; nobody sees the difference.</summary>
    private static readonly TimeSpan s_mostTime = TimeSpan.FromDays(30);

    private static readonly string[] s_shell = ["/bin/sh", "-c"];

    /// <summary><c>--no-healthcheck</c>.</summary>
    public bool IsOff { get; init; }

    /// <summary>The check itself; null takes the image's.</summary>
    public HealthSpec? Probe { get; init; }

    public TimeSpan? Interval { get; init; }

    public TimeSpan? Timeout { get; init; }

    public TimeSpan? StartPeriod { get; init; }

    public TimeSpan? StartInterval { get; init; }

    public int? Retries { get; init; }

    public HealthAction? OnFailure { get; init; }

    /// <summary>The check that both make; null for none.</summary>
    /// <exception cref="HearthException"><c>health.invalid</c>: something was said about a check that there is not.</exception>
    public HealthSpec? Join(ImageHealthcheck? image)
    {
        if (IsOff)
        {
            return null;
        }

        HealthSpec? probe = Probe ?? Of(image);
        if (probe is null)
        {
            return Said() is not { } option ? null : throw new HearthException(
                "health.invalid", $"{option}: there is no health check.", "The image has none: give one with --health-cmd, --health-http or --health-tcp.");
        }

        return probe with
        {
            Interval = Bound(Interval ?? Given(image?.Interval) ?? HealthSpec.DefaultInterval),
            Timeout = Bound(Timeout ?? Given(image?.Timeout) ?? HealthSpec.DefaultTimeout),
            StartPeriod = Bound(StartPeriod ?? image?.StartPeriod ?? TimeSpan.Zero),
            StartInterval = Bound(StartInterval ?? Given(image?.StartInterval) ?? HealthSpec.DefaultStartInterval),
            Retries = Retries ?? (image?.Retries > 0 ? image.Retries : HealthSpec.DefaultRetries),
            OnFailure = OnFailure ?? HealthAction.None,
        };
    }

    /// <summary>A line for a shell, or a JSON list as in a Dockerfile: <c>["CMD", "program", "argument"]</c>.</summary>
    public static HealthSpec Command(string text)
    {
        IReadOnlyList<string> words = text.TrimStart().StartsWith('[') ? ReadList(text) : ["CMD-SHELL", text];
        IReadOnlyList<string> command = words is ["CMD" or "CMD-SHELL", ..] ? [.. words.Skip(1)] : words;
        return command.Count > 0 && command[0].Trim().Length > 0 && (words[0] != "CMD-SHELL" || command.Count == 1)
            ? OfTest(words[0] == "CMD-SHELL", command, s_shell)
            : throw Invalid("--health-cmd", text, "it names no command", "Write it as for a shell: --health-cmd 'curl -f http://localhost/'.");
    }

    /// <summary><c>[http://HOST][:PORT][/PATH]</c>.</summary>
    public static HealthSpec Http(string text)
    {
        const string Scheme = "http://";
        const string Cure = "Write :8080/healthz or http://localhost:8080/healthz; the connection goes to the VM itself.";
        bool hasScheme = text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);
        if (!hasScheme && text.Contains("://", StringComparison.Ordinal))
        {
            throw Invalid("--health-http", text, "only http is known", "For https take a --health-cmd with a program of the image.");
        }

        string rest = hasScheme ? text[Scheme.Length..] : text;
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        string authority = slash < 0 ? rest : rest[..slash];
        string path = slash < 0 ? "/" : rest[slash..];
        int colon = authority.LastIndexOf(':');
        string host = colon < 0 ? authority : authority[..colon];
        string port = colon < 0 ? "80" : authority[(colon + 1)..];
        if (!hasScheme && colon < 0 && authority.Length > 0 && authority.All(char.IsAsciiDigit))
        {
            (host, port) = ("", authority); // 8080/healthz
        }

        bool isPlain = path.All(static c => c is > ' ' and < '\x7f') && host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
        return text.Length > 0 && isPlain && (hasScheme || host.Length == 0)
            ? new HealthSpec { Kind = HealthProbeKind.Http, Port = Port("--health-http", text, port), Path = path, Host = host.Length > 0 ? host : "localhost" }
            : throw Invalid("--health-http", text, "it is not [PORT][/PATH] or a URL", Cure);
    }

    public static HealthSpec Tcp(string text) => new() { Kind = HealthProbeKind.Tcp, Port = Port("--health-tcp", text, text.TrimStart(':')) };

    /// <summary>Zero is the default, as in Docker.</summary>
    public static TimeSpan? Time(string option, string? text, bool mayBeZero = false)
    {
        if (text is null)
        {
            return null;
        }

        if (!Durations.TryParse(text, out TimeSpan time) || (time > TimeSpan.Zero && time < s_leastTime))
        {
            throw new HearthException("duration.invalid", $"{option} {text}: not a time span.", "Write it as 500ms, 30s or 1m30s.");
        }

        return time > TimeSpan.Zero || mayBeZero ? time : null;
    }

    public static int? ReadRetries(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count > 0 ? count : null
        : throw Invalid("--health-retries", text, "it is not a number", "Give how many failures in a row make it unhealthy, such as 3.");

    public static HealthAction? ReadAction(string? text) => text switch
    {
        null => null,
        "none" => HealthAction.None,
        "kill" => HealthAction.Kill,
        "restart" => HealthAction.Restart,
        "stop" => HealthAction.Stop,
        _ => throw Invalid("--health-on-failure", text, "it is not an action", "Use none, kill, restart or stop."),
    };

    private static HealthSpec? Of(ImageHealthcheck? image) => image switch
    {
        null => null,
        { Test: ["CMD-SHELL", string line] } => OfTest(true, [line], image.Shell.Count > 0 ? image.Shell : s_shell),
        { Test: ["CMD", ..] } => OfTest(false, [.. image.Test.Skip(1)], s_shell),
        _ => null,
    };

    private static HealthSpec OfTest(bool isShell, IReadOnlyList<string> command, IReadOnlyList<string> shell) =>
        new() { Kind = HealthProbeKind.Command, IsShell = isShell, Command = isShell ? [.. shell, .. command] : command };

    private static IReadOnlyList<string> ReadList(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(static word => word.GetString() ?? throw new JsonException("a word is null"))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid("--health-cmd", text, "it is not a list of words", "Write a list as [\"CMD\", \"program\", \"argument\"], or a line for a shell.");
        }
    }

    private static int Port(string option, string text, string port) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is > 0 and <= 65535
            ? number
            : throw Invalid(option, text, "the port is not 1 to 65535", $"Give the port that the container listens on, as in {option} {(option == "--health-tcp" ? "5432" : ":8080/healthz")}.");

    private static TimeSpan Bound(TimeSpan time) => time < s_mostTime ? time : s_mostTime;

    private static TimeSpan? Given(TimeSpan? time) => time > TimeSpan.Zero ? time : null;

    private static HearthException Invalid(string option, string text, string cause, string cure) => new("health.invalid", $"{option} {text}: {cause}.", cure);

    private string? Said() =>
        Interval is not null ? "--health-interval"
        : Timeout is not null ? "--health-timeout"
        : StartPeriod is not null ? "--health-start-period"
        : StartInterval is not null ? "--health-start-interval"
        : Retries is not null ? "--health-retries"
        : OnFailure is not null ? "--health-on-failure"
        : null;
}
