using System.Globalization;
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
        List<string[]> chains = [];
        using (text.Block("chain outgoing"))
        {
            text.Line("ct direction reply ct state established,related accept");
            foreach (IPNetwork network in rules.OpenNetworks)
            {
                text.Line($"{NftMatch.Family(network.BaseAddress.AddressFamily)} daddr {network} accept");
            }

            if (rules.Neighbours.Count > 0)
            {
                text.Line($"oifname \"{rules.NeighbourDevice}\" accept");
            }

            if (rules.Policy.IsOpen)
            {
                text.Line("ct state invalid drop").Line("accept");
                return;
            }

            string accept = $"ct mark set {rules.Generation} accept";
            if (rules.Policy.Mode != EgressMode.None)
            {
                WriteRules(text, rules, accept, chains);
            }

            text.Line("meta l4proto tcp counter reject with tcp reset").Line("counter reject with icmpx admin-prohibited");
        }

        for (int i = 0; i < chains.Count; i++)
        {
            using (text.Block($"chain {ChainName(i)}"))
            {
                foreach (string line in chains[i])
                {
                    text.Line(line);
                }
            }
        }
    }

    private static void WriteRules(NftText text, VmRuleSet rules, string accept, List<string[]> chains)
    {
        EgressPolicy policy = rules.Policy;
        text.Line($"ct state established ct mark {rules.Generation} accept")
            .Line("ct state invalid counter drop")
            .Line("ct state related accept")
            .Line("meta l4proto tcp counter reject with tcp reset")
            .Line($"ip daddr {NftMatch.Set(SpecialRanges.Never.Where(static range => range.BaseAddress.AddressFamily == AddressFamily.InterNetwork))} counter drop")
            .Line($"ip6 daddr {NftMatch.Set(SpecialRanges.Never.Where(static range => range.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6))} counter drop");
        WriteNetworks(text, policy.DeniedNetworks, NftMatch.DeniedUdpPorts, static _ => "", "counter reject with icmpx admin-prohibited", chains);
        WriteNetworks(text, policy.AllowedNetworks, NftMatch.UdpPorts, rule => But(rule, rules.HostAddresses), accept, chains);
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

    /// <summary>
    /// Networks with the same ports share one set: a transaction is one message, and in a user namespace that has 416 KiB at most (twice
    /// net.core.wmem_max). What is about datagrams and echo requests has a chain, so that the set is there once.
    /// </summary>
    private static void WriteNetworks(
        NftText text, IReadOnlyList<EgressRule> rules, Func<EgressRule, string> udpPorts, Func<EgressRule, string> but, string verdict, List<string[]> chains)
    {
        foreach (IGrouping<(AddressFamily Family, string But, string Matches), EgressRule> alike in rules
            .Where(static rule => (rule.Protocols & (EgressProtocols.Udp | EgressProtocols.Icmp)) != 0)
            .GroupBy(rule => (rule.Family!.Value, but(rule), string.Join('\n', Matches(rule, udpPorts)))))
        {
            string to = $"{NftMatch.Family(alike.Key.Family)} daddr {NftMatch.Networks(alike)} {alike.Key.But}";
            string[] lines = [.. alike.Key.Matches.Split('\n').Select(match => $"{match} {verdict}")];
            if (lines.Length > 1 && alike.Skip(1).Any())
            {
                text.Line($"{to}jump {ChainName(chains.Count)}");
                chains.Add(lines);
                continue;
            }

            foreach (string line in lines)
            {
                text.Line(to + line);
            }
        }
    }

    private static string ChainName(int index) => string.Create(CultureInfo.InvariantCulture, $"networks{index}");

    private static IEnumerable<string> Matches(EgressRule rule, Func<EgressRule, string> udpPorts)
    {
        if (rule.Protocols.HasFlag(EgressProtocols.Udp))
        {
            yield return udpPorts(rule);
        }

        if (rule.Protocols.HasFlag(EgressProtocols.Icmp))
        {
            yield return NftMatch.EchoOf(rule.Family!.Value);
        }
    }

    /// <summary>What a rule does not open, though it lies within; "" for nothing.</summary>
    private static string But(EgressRule rule, IReadOnlyList<IPAddress> hostAddresses)
    {
        IPNetwork[] excluded = NftMatch.Excluded(rule.Network!.Value, hostAddresses);
        return excluded.Length == 0 ? "" : $"{NftMatch.Family(rule.Family!.Value)} daddr != {NftMatch.Set(excluded)} ";
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
