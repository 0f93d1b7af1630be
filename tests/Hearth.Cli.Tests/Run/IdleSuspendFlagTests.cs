using Hearth.Cli.Run;

namespace Hearth.Cli.Tests.Run;

public sealed class IdleSuspendFlagTests
{
    [Theory]
    [InlineData(null, null)]
    [InlineData("0", 0.0)]
    [InlineData("1s", 1.0)]
    [InlineData("90", 90.0)]
    [InlineData("1h30m", 5400.0)]
    public void A_time_is_read_as_Docker_writes_it_and_zero_is_never(string? text, double? seconds) =>
        (FlagValues.IdleSuspend(text)?.TotalSeconds).ShouldBe(seconds);
}
