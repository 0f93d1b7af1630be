using Hearth.Core.Units;

namespace Hearth.Core.Tests.Units;

public sealed class BitRateTests
{
    [Theory]
    [InlineData("100M", 100_000_000, "100M")]
    [InlineData("2.5g", 2_500_000_000, "2.5G")]
    [InlineData("512k", 512_000, "512k")]
    [InlineData("100Mbit", 100_000_000, "100M")]
    [InlineData("9600", 9600, "9.6k")]
    [InlineData(" 1 kbit ", 1000, "1k")]
    public void A_rate_is_read_and_written(string text, long bits, string written)
    {
        BitRate.TryParse(text, out BitRate rate).ShouldBeTrue();

        rate.BitsPerSecond.ShouldBe(bits);
        rate.ToString().ShouldBe(written);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("bit")]
    [InlineData("-1M")]
    [InlineData("1MB")]
    [InlineData("1e3")]
    [InlineData("99999999999999999999T")]
    public void What_is_no_rate_is_not_read(string? text) => BitRate.TryParse(text, out _).ShouldBeFalse();
}
