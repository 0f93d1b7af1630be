using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Core.Errors;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Tests.Egress;

public sealed class EgressRuleParserTests
{
    [Theory]
    [InlineData("example.com", "example.com", false, "", EgressProtocols.Tcp)]
    [InlineData("Example.COM.:443", "example.com", false, "443", EgressProtocols.Tcp)]
    [InlineData("*.example.com:80,8000-8100/tcp", "example.com", true, "80,8000-8100", EgressProtocols.Tcp)]
    [InlineData("ntp.example:123/udp", "ntp.example", false, "123", EgressProtocols.Udp)]
    [InlineData("*:443", "", true, "443", EgressProtocols.Tcp)]
    [InlineData("db", "db", false, "", EgressProtocols.Tcp)]
    public void A_name_is_read(string text, string name, bool isWildcard, string ports, EgressProtocols protocols)
    {
        EgressRule rule = EgressRuleParser.Parse(text, "--allow", isDenied: false);

        (rule.Name, rule.IsWildcard, string.Join(',', rule.Ports), rule.Protocols, rule.Network).ShouldBe((name, isWildcard, ports, protocols, null));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1/32", "", EgressProtocols.Tcp | EgressProtocols.Udp | EgressProtocols.Icmp)]
    [InlineData("10.0.0.0/8:443", "10.0.0.0/8", "443", EgressProtocols.Tcp | EgressProtocols.Udp)]
    [InlineData("10.0.0.0/8:443/tcp", "10.0.0.0/8", "443", EgressProtocols.Tcp)]
    [InlineData("10.0.0.0/8/icmp", "10.0.0.0/8", "", EgressProtocols.Icmp)]
    [InlineData("2001:db8::/32", "2001:db8::/32", "", EgressProtocols.Tcp | EgressProtocols.Udp | EgressProtocols.Icmp)]
    [InlineData("2001:db8::1/udp", "2001:db8::1/128", "", EgressProtocols.Udp)]
    [InlineData("[2001:db8::]:8000-8100", "2001:db8::/128", "8000-8100", EgressProtocols.Tcp | EgressProtocols.Udp)]
    [InlineData("[2001:db8::/32]:853/tcp", "2001:db8::/32", "853", EgressProtocols.Tcp)]
    [InlineData("[fd00::/8]/icmp", "fd00::/8", "", EgressProtocols.Icmp)]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", "", EgressProtocols.Tcp | EgressProtocols.Udp | EgressProtocols.Icmp)]
    public void A_network_is_read(string text, string network, string ports, EgressProtocols protocols)
    {
        EgressRule rule = EgressRuleParser.Parse(text, "--allow", isDenied: false);

        (rule.Network, string.Join(',', rule.Ports), rule.Protocols, rule.Name).ShouldBe((IPNetwork.Parse(network), ports, protocols, null));
    }

    [Theory]
    [InlineData("", "--allow '': there is no destination.")]
    [InlineData("example.com:0", "--allow 'example.com:0': '0' is no port.")]
    [InlineData("example.com:", "--allow 'example.com:': '' is no port.")]
    [InlineData("example.com:90-80", "--allow 'example.com:90-80': '90-80' is no port.")]
    [InlineData("example.com:70000", "--allow 'example.com:70000': '70000' is no port.")]
    [InlineData("example.com/sctp", "--allow 'example.com/sctp': 'sctp' is no protocol.")]
    [InlineData("example.com:7/icmp", "--allow 'example.com:7/icmp': ICMP has no ports.")]
    [InlineData("10.1.2.3/8", "--allow '10.1.2.3/8': 10.1.2.3 is an address within a network of /8, not its first.")]
    [InlineData("10.0.0.0/33", "--allow '10.0.0.0/33': '/33' is no length of a prefix.")]
    [InlineData("10.1", "--allow '10.1': '10.1' is neither a domain nor an address.")]
    [InlineData("300.1.2.3", "--allow '300.1.2.3': '300.1.2.3' is neither a domain nor an address.")]
    [InlineData("[10.0.0.1]:80", "--allow '[10.0.0.1]:80': only IPv6 stands in brackets.")]
    [InlineData("[2001:db8::1", "--allow '[2001:db8::1': a bracket is not closed, or something other than ':' follows it.")]
    [InlineData("a.*.example.com", "--allow 'a.*.example.com': '*' stands for whole labels, at the beginning only.")]
    [InlineData("*example.com", "--allow '*example.com': '*' stands for whole labels, at the beginning only.")]
    [InlineData("bücher.example", "--allow 'bücher.example': names are ASCII.")]
    [InlineData("a..b", "--allow 'a..b': 'a..b' is neither a domain nor an address.")]
    [InlineData("127.0.0.1:8080", "--allow '127.0.0.1:8080': that is loopback, multicast or no address at all.")]
    [InlineData("224.0.0.0/24", "--allow '224.0.0.0/24': that is loopback, multicast or no address at all.")]
    [InlineData("::1", "--allow '::1': that is loopback, multicast or no address at all.")]
    public void What_is_no_rule_is_refused_with_its_cause(string text, string message)
    {
        HearthException error = Should.Throw<HearthException>(() => EgressRuleParser.Parse(text, "--allow", isDenied: false));

        (error.Code, error.Message, error.ExitCode).ShouldBe(("egress.rule", message, ExitCodes.Usage));
        error.Hint.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void A_name_that_is_denied_is_denied_on_every_protocol() =>
        EgressRuleParser.Parse("example.com", "--deny", isDenied: true).Protocols.ShouldBe(EgressProtocols.Tcp | EgressProtocols.Udp | EgressProtocols.Icmp);

    [Fact]
    public void Any_text_is_a_rule_or_an_error_with_its_code() =>
        Prop.ForAll<string, byte>(static (text, shape) =>
        {
            string rule = (shape % 4) switch { 0 => text ?? "", 1 => "[" + text, 2 => "10.0.0.0/" + text, _ => "example.com:" + text };
            try
            {
                EgressRuleParser.Parse(rule, "--allow", isDenied: false).Text.ShouldBe(rule.Trim());
            }
            catch (HearthException e)
            {
                e.Code.ShouldBe("egress.rule");
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
}
