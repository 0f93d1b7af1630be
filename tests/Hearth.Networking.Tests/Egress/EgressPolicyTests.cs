using System.Net;
using Hearth.Core.Specs;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Tests.Egress;

public sealed class EgressPolicyTests
{
    private const EgressProtocols Tcp = EgressProtocols.Tcp;
    private const EgressProtocols Udp = EgressProtocols.Udp;

    [Fact]
    public void A_listed_name_is_asked_for_and_reached_and_no_other()
    {
        EgressPolicy policy = List("example.com:443", "*.cdn.example");

        policy.DecideQuestion("example.com").ShouldBe(new EgressDecision(true, EgressBasis.Name, "--allow example.com:443"));
        policy.DecideQuestion("www.example.com").ShouldBe(new EgressDecision(false, EgressBasis.Mode, "--egress list"));
        policy.DecideQuestion("cdn.example").IsAllowed.ShouldBeFalse();
        policy.DecideQuestion("a.b.cdn.example").IsAllowed.ShouldBeTrue();
        policy.DecideQuestion("evilcdn.example").IsAllowed.ShouldBeFalse();
        policy.DecideName("example.com", Tcp, 443).IsAllowed.ShouldBeTrue();
        policy.DecideName("example.com", Tcp, 80).IsAllowed.ShouldBeFalse();
        policy.DecideName("example.com", Udp, 443).IsAllowed.ShouldBeFalse("QUIC says no name");
    }

    [Fact]
    public void An_address_is_reached_by_a_name_that_it_was_given_for()
    {
        EgressPolicy policy = List("example.com");

        Decide(policy, "203.0.113.7", 443, "example.com").IsAllowed.ShouldBeTrue();
        Decide(policy, "203.0.113.7", 443, "other.example", "example.com").IsAllowed.ShouldBeTrue();
        Decide(policy, "203.0.113.7", 443).IsAllowed.ShouldBeFalse();
        Decide(policy, "203.0.113.7", 443, "other.example").IsAllowed.ShouldBeFalse();
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("172.20.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:0a00:0001::1")]
    [InlineData("fd00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    public void A_name_never_leads_to_an_address_that_is_not_of_the_internet(string address)
    {
        EgressDecision decision = Decide(List("*", "0.0.0.0/0", "::/0"), address, 443, "rebound.example");

        (decision.IsAllowed, decision.Basis).ShouldBe((false, EgressBasis.Special));
    }

    [Fact]
    public void A_private_network_is_opened_by_a_rule_within_it_alone()
    {
        EgressPolicy policy = List("10.1.0.0/16:5432", "fd12::/16");

        Decide(policy, "10.1.2.3", 5432).ShouldBe(new EgressDecision(true, EgressBasis.Network, "--allow 10.1.0.0/16:5432"));
        Decide(policy, "10.1.2.3", 22).IsAllowed.ShouldBeFalse();
        Decide(policy, "10.2.0.1", 5432).IsAllowed.ShouldBeFalse();
        Decide(policy, "fd12::1", 80).IsAllowed.ShouldBeTrue();
        Decide(policy, "::ffff:10.1.2.3", 5432).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Metadata_of_a_cloud_is_opened_by_its_own_address_alone()
    {
        Decide(List("169.254.0.0/16"), "169.254.169.254", 80).IsAllowed.ShouldBeFalse();
        Decide(List("169.254.0.0/16"), "169.254.1.1", 80).IsAllowed.ShouldBeTrue();
        Decide(List("169.254.169.254"), "169.254.169.254", 80).IsAllowed.ShouldBeTrue();
        Decide(List("fd00::/8"), "fd00:ec2::254", 80).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void The_hosts_own_address_is_opened_by_itself_alone()
    {
        IPAddress own = IPAddress.Parse("203.0.113.1");

        List("*", "203.0.113.0/24").Decide(Tcp, own, 22, ["me.example"], isHosts: true).IsAllowed.ShouldBeFalse();
        List("203.0.113.1:22").Decide(Tcp, own, 22, [], isHosts: true).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Denial_wins_over_permission_by_name_and_by_network()
    {
        EgressPolicy policy = Policy(EgressMode.List, ["*.example.com", "203.0.113.0/24"], ["ads.example.com", "203.0.113.66", "*.example.com:25"]);

        policy.DecideQuestion("ads.example.com").ShouldBe(new EgressDecision(false, EgressBasis.Name, "--deny ads.example.com"));
        policy.DecideQuestion("mail.example.com").IsAllowed.ShouldBeTrue("only a port of it is denied");
        policy.DecideName("mail.example.com", Tcp, 25).IsAllowed.ShouldBeFalse();
        Decide(policy, "203.0.113.66", 443).ShouldBe(new EgressDecision(false, EgressBasis.Network, "--deny 203.0.113.66"));
        Decide(policy, "203.0.113.66", 443, "www.example.com").IsAllowed.ShouldBeFalse();
        Decide(policy, "203.0.113.67", 443).IsAllowed.ShouldBeTrue();
        Decide(policy, "203.0.113.67", 443, "ads.example.com").IsAllowed.ShouldBeFalse("the name is denied wherever it leads");
    }

    [Fact]
    public void Resolvers_of_the_guests_own_are_reached_only_when_a_rule_names_the_port()
    {
        Decide(List("0.0.0.0/0", "*"), "203.0.113.53", 853, "dns.example").IsAllowed.ShouldBeFalse();
        Decide(List("0.0.0.0/0", "*"), "203.0.113.53", 53, "dns.example").IsAllowed.ShouldBeFalse();
        Decide(List("dns.example:853"), "203.0.113.53", 853, "dns.example").IsAllowed.ShouldBeTrue();
        Decide(List("203.0.113.53:853"), "203.0.113.53", 853).IsAllowed.ShouldBeTrue();
        Decide(Policy(EgressMode.All, [], ["ads.example"]), "203.0.113.53", 853).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Mode_all_with_denials_lets_the_rest_through()
    {
        EgressPolicy policy = Policy(EgressMode.All, [], ["ads.example", "203.0.113.0/24"]);

        policy.IsOpen.ShouldBeFalse();
        policy.DecideQuestion("www.example").IsAllowed.ShouldBeTrue();
        policy.DecideQuestion("ads.example").IsAllowed.ShouldBeFalse();
        Decide(policy, "198.51.100.1", 80).IsAllowed.ShouldBeTrue();
        Decide(policy, "198.51.100.1", 80, "ads.example").IsAllowed.ShouldBeFalse();
        Decide(policy, "10.0.0.1", 80).IsAllowed.ShouldBeTrue();
        Decide(policy, "127.0.0.1", 80).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Mode_none_lets_nothing_through()
    {
        EgressPolicy policy = Policy(EgressMode.None, [], []);

        policy.DecideQuestion("example.com").IsAllowed.ShouldBeFalse();
        policy.DecideName("example.com", Tcp, 443).IsAllowed.ShouldBeFalse();
        Decide(policy, "203.0.113.1", 443, "example.com").IsAllowed.ShouldBeFalse();
    }

    internal static EgressPolicy Policy(EgressMode mode, string[] allow, string[] deny) => new(
        mode,
        [.. allow.Select(static text => EgressRuleParser.Parse(text, "--allow", isDenied: false))],
        [.. deny.Select(static text => EgressRuleParser.Parse(text, "--deny", isDenied: true))]);

    private static EgressPolicy List(params string[] allow) => Policy(EgressMode.List, allow, []);

    private static EgressDecision Decide(EgressPolicy policy, string address, int port, params string[] names) => policy.Decide(Tcp, IPAddress.Parse(address), port, names);
}
