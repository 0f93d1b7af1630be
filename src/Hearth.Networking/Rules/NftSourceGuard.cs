using System.Net;
using System.Net.Sockets;

namespace Hearth.Networking.Rules;

/// <summary>The table that sees every frame of the guest first (the ingress hook of its device), and drops what is not its own.</summary>
internal static class NftSourceGuard
{
    public static void Write(NftText text, VmRuleSet rules)
    {
        using (text.Block($"table {NftRules.GuestTable}"))
        {
            WriteArp(text, rules);
            WriteIpv4(text, rules);
            WriteIpv6(text, rules);
            using (text.Block("chain ingress"))
            {
                text.Line($"type filter hook ingress device \"{rules.GuestDevice}\" priority -500; policy drop;")
                    .Line($"ether saddr != {rules.GuestMac} counter drop")
                    .Line("ether type arp jump arp_own")
                    .Line("ether type ip jump ip_own")
                    .Line("ether type ip6 jump ip6_own")
                    .Line("counter");
            }
        }
    }

    /// <summary>Who asks or answers is the guest itself; 0.0.0.0 is who asks whether an address is free (RFC 5227).</summary>
    private static void WriteArp(NftText text, VmRuleSet rules)
    {
        using (text.Block("chain arp_own"))
        {
            text.Line($"arp saddr ether {rules.GuestMac} arp saddr ip {NftMatch.Set(Own(rules, AddressFamily.InterNetwork).Prepend("0.0.0.0"))} accept");
        }
    }

    private static void WriteIpv4(NftText text, VmRuleSet rules)
    {
        using (text.Block("chain ip_own"))
        {
            // More fragments to come, or not the first.
            text.Line("ip frag-off & 0x3fff != 0 counter drop");
            if (Own(rules, AddressFamily.InterNetwork) is { Length: > 0 } own)
            {
                text.Line($"ip saddr {NftMatch.Set(own)} accept");
            }
        }
    }

    private static void WriteIpv6(NftText text, VmRuleSet rules)
    {
        string[] own = Own(rules, AddressFamily.InterNetworkV6);
        using (text.Block("chain ip6_own"))
        {
            text.Line("exthdr frag exists counter drop")
                .Line("exthdr rt exists counter drop")
                .Line("icmpv6 type { nd-router-advert, nd-redirect } counter drop");
            // An advertisement's target: the eight bytes behind the ICMPv6 header say whose it is. 0x3fa: fe80::/10.
            foreach (string address in own)
            {
                byte[] bytes = IPAddress.Parse(address).GetAddressBytes();
                text.Line($"icmpv6 type nd-neighbor-advert ip6 saddr {address} @th,64,64 0x{Convert.ToHexStringLower(bytes.AsSpan(0, 8))} @th,128,64 0x{Convert.ToHexStringLower(bytes.AsSpan(8))} accept")
                    .Line($"icmpv6 type nd-neighbor-advert ip6 saddr fe80::/10 @th,64,64 0x{Convert.ToHexStringLower(bytes.AsSpan(0, 8))} @th,128,64 0x{Convert.ToHexStringLower(bytes.AsSpan(8))} accept");
            }

            text.Line("icmpv6 type nd-neighbor-advert ip6 saddr fe80::/10 @th,64,10 0x3fa accept")
                .Line("icmpv6 type nd-neighbor-advert counter drop");
            if (own.Length > 0)
            {
                text.Line($"ip6 saddr {NftMatch.Set(own)} accept");
            }

            // On its link: a link-local address of its own making, and none while it looks whether one is free (RFC 4862).
            text.Line("ip6 saddr fe80::/10 ip6 daddr { fe80::/10, ff02::/16 } accept")
                .Line("ip6 saddr :: ip6 daddr ff02::/16 accept");
        }
    }

    private static string[] Own(VmRuleSet rules, AddressFamily family) =>
        [.. rules.GuestAddresses.Where(address => address.AddressFamily == family).Select(static address => address.ToString())];
}
