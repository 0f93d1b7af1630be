using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Rules;

/// <summary>
/// A pair of sets in the rule set (one of each family) that holds the addresses of names, for the rules of names that are about
/// the same ports of UDP, or about ICMP. TCP has none: the proxy decides about it.
/// </summary>
/// <param name="Name">Its name without the family's digit.</param>
/// <param name="UdpMatch">The condition on ports of UDP, in nftables' words; null for ICMP.</param>
/// <param name="Rules">The rules that it is for.</param>
internal sealed record GrantSet(string Name, string? UdpMatch, IReadOnlyList<EgressRule> Rules)
{
    public static IReadOnlyList<GrantSet> Of(EgressPolicy policy)
    {
        List<GrantSet> sets = [];
        foreach (IGrouping<string, EgressRule> group in policy.AllowedNames.Where(static rule => rule.Protocols.HasFlag(EgressProtocols.Udp)).GroupBy(NftMatch.UdpPorts))
        {
            sets.Add(new GrantSet($"udp{sets.Count}_", group.Key, [.. group]));
        }

        EgressRule[] echo = [.. policy.AllowedNames.Where(static rule => rule.Protocols.HasFlag(EgressProtocols.Icmp))];
        return echo.Length == 0 ? sets : [.. sets, new GrantSet("icmp_", null, echo)];
    }

    /// <summary>Whether an address that was given for these names belongs into it.</summary>
    public bool Takes(EgressPolicy policy, IEnumerable<string> names) =>
        names.Any(name => policy.DecideQuestion(name).IsAllowed && Rules.Any(rule => rule.MatchesName(name)));

    /// <summary>The condition on protocol and port.</summary>
    public string MatchFor(AddressFamily family) => UdpMatch ?? NftMatch.EchoOf(family);

    public string NameFor(IPAddress address) => Name + (address.AddressFamily == AddressFamily.InterNetwork ? "4" : "6");
}
