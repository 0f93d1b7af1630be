using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

public sealed class LinkFrameTests
{
    [Fact]
    public void A_header_has_the_documented_bytes()
    {
        byte[] bytes = new byte[LinkFrame.HeaderBytes];
        LinkFrame.Write(bytes, LinkFrameType.Data, 0x01020304, 0x7ff8);
        Convert.ToHexStringLower(bytes).ShouldBe("f87f000304030201");
    }

    [Fact]
    public void The_types_have_the_documented_numbers() => Enum.GetValues<LinkFrameType>().Select(static t => $"{(int)t} {t}").ShouldBe(
        ["1 Hello", "2 Open", "3 Data", "4 Credit", "5 Close", "6 Reset", "7 Freeze", "8 Frozen", "9 Thaw"]);

    [Fact]
    public void A_hello_has_the_documented_bytes()
    {
        byte[] bytes = new byte[LinkHello.Bytes];
        new LinkHello(1, 0x1122334455667788, 0x40000).Write(bytes);
        Convert.ToHexStringLower(bytes).ShouldBe("484c4e4b010000008877665544332211" + "0000040000000000");
    }

    [Fact]
    public void A_hello_comes_back_as_it_was_written()
    {
        byte[] bytes = new byte[LinkHello.Bytes];
        LinkHello hello = new(7, ulong.MaxValue, 12345);
        hello.Write(bytes);
        LinkHello.TryRead(bytes, out LinkHello read).ShouldBeTrue();
        read.ShouldBe(hello);
    }

    [Theory]
    [InlineData("0000000000000000")] // type 0
    [InlineData("0000000a00000000")] // type 10
    [InlineData("f97f000300000000")] // one byte more than a frame may hold
    [InlineData("ffffff0300000000")]
    public void A_header_that_cannot_be_is_refused(string hex) =>
        LinkFrame.TryRead(Convert.FromHexString(hex), out _).ShouldBeFalse();

    [Fact]
    public void A_frame_with_its_header_is_32_KiB() => (LinkFrame.HeaderBytes + LinkFrame.MaxPayloadBytes).ShouldBe(32768);
}
