using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Rules;

/// <summary>Conditions in nftables' words (nft(8)).</summary>
internal static class NftMatch
{
    private static readonly string s_reserved = string.Join(", ", EgressRule.ReservedPorts);

    public static string Family(AddressFamily family) => family == AddressFamily.InterNetwork ? "ip" : "ip6";

    public static string EchoOf(AddressFamily family) => (family == AddressFamily.InterNetwork ? "icmp" : "icmpv6") + " type echo-request";

    /// <summary>The ports that a rule allows on UDP.</summary>
    public static string UdpPorts(EgressRule rule) => rule.Ports.Count == 0 ? $"udp dport != {{ {s_reserved} }}" : $"udp dport {Ports(rule)}";

    /// <summary>The ports that a rule denies on UDP.</summary>
    public static string DeniedUdpPorts(EgressRule rule) => rule.Ports.Count == 0 ? "meta l4proto udp" : $"udp dport {Ports(rule)}";

    public static string Set<T>(IEnumerable<T> elements) => $"{{ {string.Join(", ", elements)} }}";

    /// <summary>The networks of rules of one family, without those that lie in another: nftables takes no intervals that overlap.</summary>
    public static string Networks(IEnumerable<EgressRule> rules)
    {
        // Networks lie in each other or apart, so what lies in one follows it in this order.
        List<IPNetwork> apart = [];
        foreach (IPNetwork network in rules.Select(static rule => rule.Network!.Value).OrderBy(static network => Convert.ToHexString(network.BaseAddress.GetAddressBytes()), StringComparer.Ordinal).ThenBy(static network => network.PrefixLength))
        {
            if (apart.Count == 0 || !NetworkMath.Contains(apart[^1], network))
            {
                apart.Add(network);
            }
        }

        return apart.Count == 1 ? apart[0].ToString() : Set(apart);
    }

    /// <summary>
    /// The special ranges within a network, which a rule for it does not open, outermost alone: nftables takes no intervals that
    /// lie in each other.
    /// </summary>
    public static IPNetwork[] Excluded(IPNetwork network, IReadOnlyList<IPAddress> hostAddresses)
    {
        IPNetwork[] within = [.. SpecialRanges.All
            .Concat(hostAddresses.Select(static address => new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)))
            .Distinct()
            .Where(range => range != network && NetworkMath.Contains(network, range))];
        return [.. within.Where(range => !within.Any(outer => outer != range && NetworkMath.Contains(outer, range)))];
    }

    /// <summary>Sorted and without what lies in another.</summary>
    private static string Ports(EgressRule rule)
    {
        List<PortRange> merged = [];
        foreach (PortRange range in rule.Ports.OrderBy(static range => range.First))
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = new PortRange(merged[^1].First, Math.Max(merged[^1].Last, range.Last));
            }
            else
            {
                merged.Add(range);
            }
        }

        return Set(merged);
    }
}
