using Hearth.Protocol.Shares;

namespace Hearth.Protocol.Tests.Shares;

public sealed class ShareFrameTests
{
    [Fact]
    public void A_header_is_these_bytes()
    {
        byte[] header = new byte[ShareFrame.HeaderBytes];

        new ShareFrame(258, ShareFrameKind.Fuse, 70000).Write(header);

        Convert.ToHexStringLower(header).ShouldBe("0201010070110100");
        ShareFrame.TryRead(header, out ShareFrame frame).ShouldBeTrue();
        frame.ShouldBe(new ShareFrame(258, ShareFrameKind.Fuse, 70000));
    }

    [Theory]
    [InlineData("0000000000000000")]
    [InlineData("0000060000000000")]
    [InlineData("0004010000000000")]
    [InlineData("0000010001201000")]
    [InlineData("00000100ffffffff")]
    public void What_is_no_header_is_refused(string bytes) => ShareFrame.TryRead(Convert.FromHexString(bytes), out _).ShouldBeFalse();
}
