using FsCheck;
using FsCheck.Fluent;
using Hearth.Core.Units;

namespace Hearth.Core.Tests.Units;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("512b", 512)]
    [InlineData("1k", 1024)]
    [InlineData("64M", 64L << 20)]
    [InlineData("64MB", 64L << 20)]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData(" 2 GiB ", 2L << 30)]
    [InlineData("1T", 1L << 40)]
    public void Sizes_as_docker_writes_them_are_read(string text, long bytes)
    {
        ByteSize.TryParse(text, out ByteSize size).ShouldBeTrue();
        size.Bytes.ShouldBe(bytes);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-1")]
    [InlineData("1x")]
    [InlineData("1Mx")]
    [InlineData("1 M B")]
    [InlineData("1e3")]
    [InlineData("9999999999999P")]
    [InlineData("0x10")]
    public void What_is_no_size_is_refused(string? text) => ByteSize.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData(0, "0B", "0B")]
    [InlineData(999, "999B", "999B")]
    [InlineData(4_260_000, "4.26MB", "4.06MiB")]
    [InlineData(1_610_612_736, "1.61GB", "1.5GiB")]
    public void Sizes_are_printed_in_both_ways(long bytes, string decimalUnits, string binaryUnits)
    {
        new ByteSize(bytes).ToDecimalString().ShouldBe(decimalUnits);
        new ByteSize(bytes).ToString().ShouldBe(binaryUnits);
    }

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Prop.ForAll<string>(text => ByteSize.TryParse(text, out ByteSize size) ? size.Bytes >= 0 : size.Bytes == 0).QuickCheckThrowOnFailure();
}
