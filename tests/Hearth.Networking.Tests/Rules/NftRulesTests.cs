using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;
using Hearth.Networking.Rules;
using Hearth.Networking.Tests.Egress;

namespace Hearth.Networking.Tests.Rules;

/// <summary>The text alone; what the kernel makes of it is tested in Hearth.Kernel.Tests.</summary>
public sealed class NftRulesTests
{
    [Fact]
    public void Every_hook_for_guests_drops_what_no_rule_lets_through()
    {
        string text = NftRules.Load(Rules(EgressPolicy.Open), []);

        foreach (string hook in (string[])["hook ingress", "hook input", "hook forward"])
        {
            text.Split('\n').ShouldContain(line => line.Contains(hook, StringComparison.Ordinal) && line.EndsWith("policy drop;", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void An_open_policy_redirects_nothing_and_a_list_all_of_tcp()
    {
        NftRules.Load(Rules(EgressPolicy.Open), []).ShouldNotContain("redirect to");
        NftRules.Load(Rules(EgressPolicyTests.Policy(EgressMode.List, ["a.example"], [])), []).ShouldContain("iifname \"br0\" meta l4proto tcp counter redirect to :8443");
    }

    [Fact]
    public void A_wide_network_leaves_out_the_special_ranges_within_it_and_a_private_one_does_not()
    {
        string text = NftRules.Load(Rules(EgressPolicyTests.Policy(EgressMode.List, ["0.0.0.0/0:123/udp", "10.1.0.0/16:53/udp"], [])), []);

        string wide = text.Split('\n').Single(static line => line.Contains("ip daddr 0.0.0.0/0", StringComparison.Ordinal));
        wide.ShouldContain("ip daddr != {");
        wide.ShouldContain("100.64.0.0/10");
        wide.ShouldNotContain("169.254.169.254", customMessage: "it lies in 169.254.0.0/16");
        text.ShouldContain("ip daddr 10.1.0.0/16 udp dport { 53 } ct mark set 1 accept");
    }

    [Fact]
    public void Networks_with_the_same_ports_share_a_line_without_those_that_lie_in_another()
    {
        string text = NftRules.Load(Rules(EgressPolicyTests.Policy(EgressMode.List, ["203.0.113.128/25:123/udp", "198.51.100.0/24:123/udp", "203.0.113.0/24:123/udp", "203.0.113.0/24:124/udp", "198.51.100.0/24/icmp"], ["192.0.2.1", "192.0.2.9"])), []);

        text.ShouldContain("ip daddr { 198.51.100.0/24, 203.0.113.0/24 } udp dport { 123 } ct mark set 1 accept");
        text.ShouldContain("ip daddr 203.0.113.0/24 udp dport { 124 } ct mark set 1 accept");
        text.ShouldContain("ip daddr 198.51.100.0/24 icmp type echo-request ct mark set 1 accept");
        text.ShouldContain("ip daddr { 192.0.2.1/32, 192.0.2.9/32 } jump networks0");
        text.ShouldContain("chain networks0 {\n        meta l4proto udp counter reject with icmpx admin-prohibited\n        icmp type echo-request counter reject with icmpx admin-prohibited\n");
    }

    [Fact]
    public void A_name_has_a_set_only_when_a_rule_is_about_more_than_tcp()
    {
        EgressPolicy policy = EgressPolicyTests.Policy(EgressMode.List, ["a.example", "ntp.example:123/udp", "ntp.example/icmp"], []);
        DnsAnswer answer = new(new DnsQuestion("ntp.example", DnsRecordType.A, 1), [], [IPAddress.Parse("203.0.113.1")], TimeSpan.FromMinutes(10));

        NftRules.Open(policy, answer).ShouldBe(
            """
            add element inet hearth udp0_4 { 203.0.113.1 }
            delete element inet hearth udp0_4 { 203.0.113.1 }
            add element inet hearth udp0_4 { 203.0.113.1 timeout 660s }
            add element inet hearth icmp_4 { 203.0.113.1 }
            delete element inet hearth icmp_4 { 203.0.113.1 }
            add element inet hearth icmp_4 { 203.0.113.1 timeout 660s }

            """);
        NftRules.Open(policy, answer with { Question = answer.Question with { Name = "a.example" } }).ShouldBeNull();
    }

    [Fact]
    public void A_new_rule_set_begins_with_what_was_granted_and_is_still_allowed()
    {
        GrantedAddress[] granted = [new(IPAddress.Parse("203.0.113.1"), ["ntp.example"], TimeSpan.FromSeconds(90)), new(IPAddress.Parse("203.0.113.2"), ["old.example"], TimeSpan.FromSeconds(90))];

        string text = NftRules.Load(Rules(EgressPolicyTests.Policy(EgressMode.List, ["ntp.example:123/udp"], [])), granted);

        text.ShouldContain("elements = { 203.0.113.1 timeout 90s }");
        text.ShouldNotContain("203.0.113.2");
    }

    [Fact]
    public void Through_a_one_way_uplink_only_answers_come_in_and_only_to_what_this_policy_let_out()
    {
        EgressPolicy list = EgressPolicyTests.Policy(EgressMode.List, ["a.example"], []);
        VmRuleSet rules = Rules(list) with { IsOneWay = true, Waiting = "wait0", Generation = 7 };

        string text = NftRules.Load(rules, []);
        text.ShouldContain("iifname \"wait0\" oifname \"up0\" accept");
        text.ShouldContain("iifname \"up0\" oifname \"br0\" ct direction reply ct state established,related ct mark 7 accept");
        text.ShouldNotContain("iifname != \"br0\"");
        NftRules.Load(rules with { Policy = EgressPolicy.Open }, []).ShouldContain("ct direction reply ct state established,related accept");
        NftRules.Load(Rules(list), []).ShouldContain("iifname != \"br0\" oifname \"br0\" accept");
    }

    [Fact]
    public void What_a_switch_hands_on_is_judged_where_it_is_routed()
    {
        VmRuleSet rules = Rules(EgressPolicy.Open);

        string text = NftRules.Load(rules with { Switch = "sw0" }, []);
        text.ShouldContain("type filter hook prerouting priority raw; policy accept;\n        iifname \"sw0\" notrack\n");
        text.ShouldContain("iifname \"sw0\" oifname \"sw0\" accept");
        NftRules.Load(rules, []).ShouldNotContain("notrack");
    }

    [Fact]
    public void Ports_of_the_gateway_and_the_host_that_were_named_are_open_under_every_policy()
    {
        string text = NftRules.Load(Rules(EgressPolicyTests.Policy(EgressMode.None, [], [])) with { IsOneWay = true, GatewayPorts = [80, 443], OpenNetworks = [IPNetwork.Parse("169.254.1.2/32")] }, []);

        text.ShouldContain("iifname \"br0\" ip daddr 10.0.2.1 tcp dport { 80, 443 } accept");
        text.ShouldContain("ip daddr 169.254.1.2/32 accept");
        text.ShouldNotContain("redirect to");
        text.ShouldContain("iifname \"up0\" oifname \"br0\" ip saddr 169.254.1.2/32 ct direction reply ct state established,related accept");
    }

    [Theory]
    [InlineData(EgressMode.None, 1)]
    [InlineData(EgressMode.All, 1)]
    [InlineData(EgressMode.List, 2)]
    public void Connections_to_the_host_are_the_proxys_under_every_policy(EgressMode mode, int redirections)
    {
        string text = NftRules.Load(Rules(EgressPolicyTests.Policy(mode, mode == EgressMode.List ? ["example.com"] : [], [])) with { ProxiedAddresses = [IPAddress.Parse("169.254.1.2")] }, []);

        text.ShouldContain("policy accept;\n        iifname \"br0\" ip daddr 169.254.1.2 meta l4proto tcp counter redirect to :8443\n");
        text.Split("redirect to").Length.ShouldBe(1 + redirections);
    }

    [Fact]
    public void Neighbours_on_named_networks_are_open_under_every_policy_and_never_redirected()
    {
        VmRuleSet rules = Rules(EgressPolicyTests.Policy(EgressMode.List, ["example.com"], [])) with { IsOneWay = true, Neighbours = [IPNetwork.Parse("10.89.0.0/24")] };

        string text = NftRules.Load(rules, []);
        text.ShouldContain("iifname \"br0\" ip daddr 10.89.0.0/24 return");
        text.ShouldContain("oifname \"net0\" accept");
        text.ShouldContain("iifname \"net0\" oifname \"br0\" accept");
        NftRules.Load(rules with { Neighbours = [] }, []).ShouldNotContain("net0");
    }

    [Fact]
    public void Without_nft_the_package_that_has_it_is_named()
    {
        HearthException error = Should.Throw<HearthException>(() => NftProgram.Require(static _ => null));

        error.Code.ShouldBe("egress.nft-missing");
        error.Message.ShouldBe("nft, which enforces what a VM may reach, is not installed.");
        error.Hint.ShouldBe("Install the package nftables, or leave --egress, --allow and --deny out.");
    }

    private static VmRuleSet Rules(EgressPolicy policy) => new()
    {
        Uplink = "up0",
        GuestMac = "02:00:00:00:00:05",
        GuestAddresses = [IPAddress.Parse("10.0.2.15")],
        GatewayAddresses = [IPAddress.Parse("10.0.2.1")],
        Policy = policy,
        ProxyPort = 8443,
    };
}
