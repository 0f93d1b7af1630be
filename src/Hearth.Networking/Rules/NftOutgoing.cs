using System.Net;
using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Rules;

/// <summary>The chain for what a guest sends beyond its gateway; in the order of <see cref="EgressPolicy"/>.</summary>
internal static class NftOutgoing
{
    public static void Write(NftText text, VmRuleSet rules)
    {
        using (text.Block("chain outgoing"))
        {
            text.Line("ct direction reply ct state established,related accept");
            foreach (IPNetwork network in rules.OpenNetworks)
            {
                text.Line($"{NftMatch.Family(network.BaseAddress.AddressFamily)} daddr {network} accept");
            }

            if (rules.Policy.IsOpen)
            {
                text.Line("ct state invalid drop").Line("accept");
                return;
            }

            string accept = $"ct mark set {rules.Generation} accept";
            if (rules.Policy.Mode != EgressMode.None)
            {
                WriteRules(text, rules, accept);
            }

            text.Line("meta l4proto tcp counter reject with tcp reset").Line("counter reject with icmpx admin-prohibited");
        }
    }

    private static void WriteRules(NftText text, VmRuleSet rules, string accept)
    {
        EgressPolicy policy = rules.Policy;
        text.Line($"ct state established ct mark {rules.Generation} accept")
            .Line("ct state invalid counter drop")
            .Line("ct state related accept")
            .Line("meta l4proto tcp counter reject with tcp reset")
            .Line($"ip daddr {NftMatch.Set(SpecialRanges.Never.Where(static range => range.BaseAddress.AddressFamily == AddressFamily.InterNetwork))} counter drop")
            .Line($"ip6 daddr {NftMatch.Set(SpecialRanges.Never.Where(static range => range.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6))} counter drop");
        foreach (EgressRule rule in policy.DeniedNetworks)
        {
            WriteNetwork(text, rule, NftMatch.DeniedUdpPorts(rule), "", "counter reject with icmpx admin-prohibited");
        }

        foreach (EgressRule rule in policy.AllowedNetworks)
        {
            IPNetwork[] excluded = NftMatch.Excluded(rule.Network!.Value, rules.HostAddresses);
            string but = excluded.Length == 0 ? "" : $"{NftMatch.Family(rule.Family!.Value)} daddr != {NftMatch.Set(excluded)} ";
            WriteNetwork(text, rule, NftMatch.UdpPorts(rule), but, accept);
        }

        if (policy.Mode == EgressMode.All)
        {
            WriteRest(text, policy, accept);
        }

        foreach (GrantSet set in GrantSet.Of(policy))
        {
            text.Line($"ip daddr @{set.Name}4 {set.MatchFor(AddressFamily.InterNetwork)} {accept}")
                .Line($"ip6 daddr @{set.Name}6 {set.MatchFor(AddressFamily.InterNetworkV6)} {accept}");
        }
    }

    private static void WriteNetwork(NftText text, EgressRule rule, string udpPorts, string but, string verdict)
    {
        AddressFamily family = rule.Family!.Value;
        string to = $"{NftMatch.Family(family)} daddr {rule.Network} {but}";
        if (rule.Protocols.HasFlag(EgressProtocols.Udp))
        {
            text.Line($"{to}{udpPorts} {verdict}");
        }

        if (rule.Protocols.HasFlag(EgressProtocols.Icmp))
        {
            text.Line($"{to}{NftMatch.EchoOf(family)} {verdict}");
        }
    }

    /// <summary>Mode <c>all</c> with denials: what no rule is about passes, but for the ways around the names.</summary>
    private static void WriteRest(NftText text, EgressPolicy policy, string accept)
    {
        if (policy.HasDeniedNames)
        {
            text.Line($"udp dport {NftMatch.Set(EgressRule.ReservedPorts)} counter reject with icmpx admin-prohibited");
        }

        text.Line($"meta l4proto udp {accept}").Line($"icmp type echo-request {accept}").Line($"icmpv6 type echo-request {accept}");
    }
}
