using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Rules;

// Two tables, loaded in one transaction (nft -f -), in place of those of the same names:
//
//   netdev hearth_guest   every frame of the guest, before the bridge sees it: only its own MAC and addresses, no VLAN tags, no
//                         fragments, no routing headers, no router advertisements, and ARP and ND about itself alone
//   inet hearth           what is routed. TCP: redirected to the proxy. DNS: to the gateway. UDP and echo requests: networks of
//                         rules, and sets of addresses that our resolver gave out. All else from the guest is rejected.
//
// Both chains of the second begin with "policy drop": a rule set that is half understood lets nothing out. What a connection was
// let out by is kept as its mark: with another generation it is judged anew.

/// <summary>Writes the rule set of a VM's network namespace. Text only: who runs nft is not its business.</summary>
public static class NftRules
{
    public const string GuestTable = "netdev hearth_guest";
    public const string Table = "inet hearth";

    /// <summary>One transaction that puts the rule set in place of the one that is there, if any.</summary>
    /// <param name="rules">What it is made from.</param>
    /// <param name="granted">What our resolver gave out before.</param>
    public static string Load(VmRuleSet rules, IReadOnlyList<GrantedAddress> granted)
    {
        NftText text = new();
        foreach (string table in (string[])[GuestTable, Table])
        {
            text.Line($"table {table} {{ }}").Line($"delete table {table}");
        }

        NftSourceGuard.Write(text, rules);
        using (text.Block($"table {Table}"))
        {
            WriteSets(text, rules, granted);
            if (rules.Switch is { } between)
            {
                using (text.Block("chain bridged"))
                {
                    text.Line("type filter hook prerouting priority raw; policy accept;").Line($"iifname \"{between}\" notrack");
                }
            }

            WriteRedirection(text, rules);
            WriteInput(text, rules);
            WriteForward(text, rules);
            NftOutgoing.Write(text, rules);
            if (rules.IsMasqueraded)
            {
                using (text.Block("chain postrouting"))
                {
                    text.Line("type nat hook postrouting priority srcnat; policy accept;").Line($"oifname \"{rules.Uplink}\" meta l4proto {{ tcp, udp, icmp, ipv6-icmp }} masquerade");
                }
            }
        }

        return text.ToString();
    }

    /// <summary>One transaction that opens the addresses of an answer, or prolongs them; null when no rule is about them but TCP's.</summary>
    public static string? Open(EgressPolicy policy, DnsAnswer answer)
    {
        NftText text = new();
        foreach (GrantSet set in GrantSet.Of(policy).Where(set => set.Takes(policy, [answer.Question.Name])))
        {
            foreach (IPAddress address in answer.Addresses)
            {
                // An element that is there keeps its time when it is added again; added, deleted and added it has the new one.
                string element = $"element {Table} {set.NameFor(address)} {{ {address}";
                text.Line($"add {element} }}").Line($"delete {element} }}")
                    .Line($"add {element} timeout {Seconds(GrantedAddresses.LifeOf(answer.TimeToLive))} }}");
            }
        }

        return text.IsEmpty ? null : text.ToString();
    }

    /// <summary>One transaction that removes both tables.</summary>
    public static string Unload()
    {
        NftText text = new();
        foreach (string table in (string[])[GuestTable, Table])
        {
            text.Line($"table {table} {{ }}").Line($"delete table {table}");
        }

        return text.ToString();
    }

    internal static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (long)span.TotalSeconds)}s");

    private static void WriteSets(NftText text, VmRuleSet rules, IReadOnlyList<GrantedAddress> granted)
    {
        foreach (GrantSet set in GrantSet.Of(rules.Policy))
        {
            foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            {
                bool isOld = family == AddressFamily.InterNetwork;
                string[] elements = [.. granted
                    .Where(grant => grant.Address.AddressFamily == family && set.Takes(rules.Policy, grant.Names))
                    .Select(static grant => $"{grant.Address} timeout {Seconds(grant.Remaining)}")];
                using (text.Block($"set {set.Name}{(isOld ? 4 : 6)}"))
                {
                    text.Line($"type {(isOld ? "ipv4_addr" : "ipv6_addr")}; flags timeout; size {GrantedAddresses.MaxAddresses};");
                    if (elements.Length > 0)
                    {
                        text.Line($"elements = {NftMatch.Set(elements)}");
                    }
                }
            }
        }
    }

    private static void WriteRedirection(NftText text, VmRuleSet rules)
    {
        bool redirectsAll = !rules.Policy.IsOpen && rules.Policy.Mode != EgressMode.None;
        if (!redirectsAll && rules.ProxiedAddresses.Count == 0)
        {
            return;
        }

        using (text.Block("chain prerouting"))
        {
            text.Line("type nat hook prerouting priority dstnat; policy accept;");
            foreach (IPAddress address in rules.ProxiedAddresses)
            {
                text.Line($"iifname \"{rules.Bridge}\" ip daddr {address} meta l4proto tcp counter redirect to :{rules.ProxyPort}");
            }

            if (!redirectsAll)
            {
                return;
            }

            foreach (string destination in NotRedirected(rules))
            {
                text.Line($"iifname \"{rules.Bridge}\" {destination} return");
            }

            text.Line($"iifname \"{rules.Bridge}\" meta l4proto tcp counter redirect to :{rules.ProxyPort}");
        }
    }

    private static IEnumerable<string> NotRedirected(VmRuleSet rules) =>
        rules.GatewayAddresses.Select(static address => $"{NftMatch.Family(address.AddressFamily)} daddr {address}")
            .Concat(rules.OpenNetworks.Concat(rules.Neighbours).Select(static network => $"{NftMatch.Family(network.BaseAddress.AddressFamily)} daddr {network}"));

    /// <summary>What is for the gateway itself: DNS, the proxy (only what was redirected there), and being asked whether it lives.</summary>
    private static void WriteInput(NftText text, VmRuleSet rules)
    {
        using (text.Block("chain input"))
        {
            text.Line("type filter hook input priority filter; policy drop;")
                .Line("iifname \"lo\" accept")
                .Line("ct state established,related accept");
            foreach (IPAddress gateway in rules.GatewayAddresses)
            {
                string to = $"iifname \"{rules.Bridge}\" {NftMatch.Family(gateway.AddressFamily)} daddr {gateway}";
                text.Line($"{to} meta l4proto {{ tcp, udp }} th dport 53 accept").Line($"{to} {NftMatch.EchoOf(gateway.AddressFamily)} accept")
                    // Of connections to published ports that are older than the rules. Only sockets that know them take such segments.
                    .Line($"{to} tcp flags & (fin | syn | rst | ack) != syn accept");
                if (rules.GatewayPorts.Count > 0)
                {
                    text.Line($"{to} tcp dport {NftMatch.Set(rules.GatewayPorts)} accept");
                }
            }

            if (rules.ProxyPort > 0)
            {
                text.Line($"iifname \"{rules.Bridge}\" tcp dport {rules.ProxyPort} ct status dnat accept");
            }

            // ND is about the link it is on; on the guest's, the first table has looked at it.
            text.Line("icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept")
                .Line($"iifname \"{rules.Uplink}\" icmpv6 type {{ nd-router-advert, nd-redirect }} accept")
                .Line("counter");
        }
    }

    private static void WriteForward(NftText text, VmRuleSet rules)
    {
        using (text.Block("chain forward"))
        {
            text.Line("type filter hook forward priority filter; policy drop;").Line($"iifname \"{rules.Bridge}\" jump outgoing");
            if (rules.Switch is { } between)
            {
                text.Line($"iifname \"{between}\" oifname \"{between}\" accept");
            }

            if (rules.Neighbours.Count > 0)
            {
                text.Line($"iifname \"{rules.NeighbourDevice}\" oifname \"{rules.Bridge}\" accept");
            }

            if (rules.Waiting is { } waiting)
            {
                text.Line($"iifname \"{waiting}\" oifname \"{rules.Uplink}\" accept");
            }

            if (rules.IsOneWay)
            {
                foreach (IPNetwork network in rules.OpenNetworks)
                {
                    text.Line($"iifname \"{rules.Uplink}\" oifname \"{rules.Bridge}\" {NftMatch.Family(network.BaseAddress.AddressFamily)} saddr {network} ct direction reply ct state established,related accept");
                }

                string mark = rules.Policy.IsOpen ? "" : $" ct mark {rules.Generation}";
                text.Line($"iifname \"{rules.Uplink}\" oifname \"{rules.Bridge}\" ct direction reply ct state established,related{mark} accept");
            }
            else
            {
                // Published ports and neighbours: who may come in was decided where they came from.
                text.Line($"iifname != \"{rules.Bridge}\" oifname \"{rules.Bridge}\" accept");
            }

            text.Line("counter");
        }
    }
}
