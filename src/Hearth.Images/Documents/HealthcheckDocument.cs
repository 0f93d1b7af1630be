using System.Text.Json;
using Hearth.Core.Specs;

namespace Hearth.Images.Documents;

/// <summary>Reads the health check of an image configuration: <c>Healthcheck</c> and <c>Shell</c>, as Docker and Buildah write them.</summary>
internal static class HealthcheckDocument
{
    private const int MaximumWords = 1000;
    private const int MaximumRetries = 1_000_000;

    /// <summary>Null when the image has none, or turns its base's off.</summary>
    public static ImageHealthcheck? Read(JsonElement container)
    {
        if (JsonFields.Optional(container, "Healthcheck", JsonValueKind.Object) is not { } check)
        {
            return null;
        }

        IReadOnlyList<string> test = JsonFields.Texts(check, "Test", MaximumWords);
        bool isOne = test is ["CMD", { Length: > 0 }, ..] or ["CMD-SHELL", _];
        return !isOne ? null : new ImageHealthcheck
        {
            Test = test,
            Shell = JsonFields.Texts(container, "Shell", MaximumWords),
            Interval = Time(check, "Interval"),
            Timeout = Time(check, "Timeout"),
            StartPeriod = Time(check, "StartPeriod"),
            StartInterval = Time(check, "StartInterval"),
            Retries = (int)Math.Clamp(JsonFields.Number(check, "Retries"), 0, MaximumRetries),
        };
    }

    /// <summary>Nanoseconds; zero and less is what is not said.</summary>
    private static TimeSpan Time(JsonElement check, string name) =>
        TimeSpan.FromTicks(Math.Max(0, JsonFields.Number(check, name) / TimeSpan.NanosecondsPerTick));
}
