using System.Globalization;
using Hearth.Cli.Listing;
using Hearth.Core.Errors;

namespace Hearth.Cli.Tests.Listing;

public sealed class TimeBoundTests
{
    private readonly ManualTime _time = new(Vms.Now);

    [Theory]
    [InlineData("10m", "2024-05-01T11:50:00Z")]
    [InlineData("1h30m", "2024-05-01T10:30:00Z")]
    [InlineData("0s", "2024-05-01T12:00:00Z")]
    [InlineData("1714560000", "2024-05-01T10:40:00Z")]
    [InlineData("1714560000.5", "2024-05-01T10:40:00.5Z")]
    [InlineData("2024-05-01", "2024-05-01T00:00:00Z")]
    [InlineData("2024-05-01T10:00", "2024-05-01T10:00:00Z")]
    [InlineData("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z")]
    [InlineData("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00Z")]
    [InlineData("2024-05-01T10:00:00.123456789Z", "2024-05-01T10:00:00.1234567Z")]
    public void Durations_dates_and_seconds_are_understood(string text, string expected) =>
        TimeBound.Parse("--since", text, _time).ShouldBe(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("yesterday")]
    [InlineData("10x")]
    [InlineData("2024-13-01")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_refused_by_name(string text)
    {
        HearthException error = Should.Throw<HearthException>(() => TimeBound.Parse("--since", text, _time));
        error.Message.ShouldBe($"--since {text}: not a time.");
        error.ExitCode.ShouldBe(ExitCodes.Usage);
    }
}
