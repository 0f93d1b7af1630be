using Hearth.Core.Errors;
using Hearth.Networking.Kernel;

namespace Hearth.Networking.Tests.Kernel;

public sealed class RoutedPrefixTests
{
    [Theory]
    [InlineData("2001:db8:7::/64")]
    [InlineData("2001:db8:7::/112")]
    [InlineData("fd12::/48")]
    public void A_network_of_ipv6_is_read(string text) => RoutedPrefix.Parse(text).ToString().ShouldBe(text);

    [Theory]
    [InlineData("2001:db8:7::1/64")]
    [InlineData("2001:db8:7::/113")]
    [InlineData("2001:db8:7::")]
    [InlineData("::/0")]
    [InlineData("fe80::/64")]
    [InlineData("ff02::/16")]
    [InlineData("10.0.0.0/8")]
    [InlineData("")]
    public void Anything_else_is_refused_with_an_example(string text)
    {
        HearthException refused = Should.Throw<HearthException>(() => RoutedPrefix.Parse(text));

        refused.Code.ShouldBe("network.prefix");
        refused.Message.ShouldStartWith($"--ipv6-prefix {text}: ");
    }
}
