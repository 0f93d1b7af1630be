using System.Globalization;
using System.Text.Json.Nodes;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Listing;

/// <summary>Health as <c>inspect</c> shows it, in Docker's shape.</summary>
internal static class HealthInspection
{
    /// <summary>Null without a check, where Docker has no such member either.</summary>
    public static JsonObject? State(VmSpec spec, VmState state) => spec.Health is null && state.Health is null ? null : new JsonObject
    {
        ["Status"] = Words.Of(state.Health?.Status ?? HealthStatus.Unknown),
        ["FailingStreak"] = state.Health?.FailingStreak ?? 0,
        ["Log"] = new JsonArray([.. (state.Health?.Log ?? []).Select(static result => (JsonNode)new JsonObject
        {
            ["Start"] = JsonNodes.Time(result.Start),
            ["End"] = JsonNodes.Time(result.End),
            ["ExitCode"] = result.ExitCode,
            ["Output"] = result.Output,
        })]),
    };

    /// <summary>The check; its words for HTTP and TCP are Hearth's own. Times are nanoseconds.</summary>
    public static JsonObject? Config(HealthSpec? spec) => spec is null ? null : new JsonObject
    {
        ["Test"] = JsonNodes.List(Test(spec)),
        ["Interval"] = Nanoseconds(spec.Interval),
        ["Timeout"] = Nanoseconds(spec.Timeout),
        ["StartPeriod"] = Nanoseconds(spec.StartPeriod),
        ["StartInterval"] = Nanoseconds(spec.StartInterval),
        ["Retries"] = spec.Retries,
    };

    /// <summary>The check of an image, as it stands in its configuration; zero is what it does not say.</summary>
    public static JsonObject? Config(ImageHealthcheck? check) => check is null ? null : new JsonObject
    {
        ["Test"] = JsonNodes.List(check.Test),
        ["Interval"] = Nanoseconds(check.Interval),
        ["Timeout"] = Nanoseconds(check.Timeout),
        ["StartPeriod"] = Nanoseconds(check.StartPeriod),
        ["StartInterval"] = Nanoseconds(check.StartInterval),
        ["Retries"] = check.Retries,
    };

    private static IEnumerable<string> Test(HealthSpec spec) => spec.Kind switch
    {
        HealthProbeKind.Http => ["HTTP", string.Create(CultureInfo.InvariantCulture, $"http://{spec.Host}:{spec.Port}{spec.Path}")],
        HealthProbeKind.Tcp => ["TCP", spec.Port.ToString(CultureInfo.InvariantCulture)],
        _ when spec.IsShell => ["CMD-SHELL", spec.Command[^1]],
        _ => ["CMD", .. spec.Command],
    };

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
