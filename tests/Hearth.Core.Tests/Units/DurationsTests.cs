using FsCheck;
using FsCheck.Fluent;
using Hearth.Core.Units;

namespace Hearth.Core.Tests.Units;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("10", 10)]
    [InlineData("10s", 10)]
    [InlineData("1m30s", 90)]
    [InlineData("1.5h", 5400)]
    [InlineData("200ms", 0.2)]
    [InlineData("2d", 172800)]
    public void Durations_as_go_writes_them_are_read(string text, double seconds)
    {
        Durations.TryParse(text, out TimeSpan duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds, 1e-9);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5y")]
    [InlineData("99999999999h")]
    public void What_is_no_duration_is_refused(string? text) => Durations.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(0.25, "250ms")]
    [InlineData(1.5, "1.5s")]
    [InlineData(90, "1m30s")]
    [InlineData(3600, "1h0m0s")]
    [InlineData(90061, "25h1m1s")]
    public void Durations_are_written_as_Go_writes_them_and_read_back(double seconds, string text)
    {
        Durations.Write(TimeSpan.FromSeconds(seconds)).ShouldBe(text);
        Durations.TryParse(text, out TimeSpan read).ShouldBeTrue();
        read.TotalSeconds.ShouldBe(seconds, 1e-9);
    }

    [Theory]
    [InlineData(0.5, "Less than a second")]
    [InlineData(1.5, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "About a minute")]
    [InlineData(119, "About a minute")]
    [InlineData(120, "2 minutes")]
    [InlineData(3600, "About an hour")]
    [InlineData(7200, "2 hours")]
    [InlineData(86400 * 3, "3 days")]
    [InlineData(86400 * 21, "3 weeks")]
    [InlineData(86400 * 90, "3 months")]
    [InlineData(86400 * 800, "2 years")]
    public void Ages_read_as_docker_prints_them(double seconds, string text) => Durations.Humanize(TimeSpan.FromSeconds(seconds)).ShouldBe(text);

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Prop.ForAll<string>(text => Durations.TryParse(text, out TimeSpan d) ? d >= TimeSpan.Zero : d == TimeSpan.Zero).QuickCheckThrowOnFailure();
}
