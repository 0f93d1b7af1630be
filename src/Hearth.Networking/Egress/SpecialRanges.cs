using System.Net;
using System.Net.Sockets;

namespace Hearth.Networking.Egress;

/// <summary>
/// Addresses that mean something near the host and not in the Internet (IANA's registries of special-purpose addresses): private
/// networks, link-local with the metadata services of clouds, what providers use inside. A name that leads to one of these opens
/// nothing; a rule of a network opens one only when it lies within the range, so that 0.0.0.0/0 opens the Internet alone.
/// </summary>
public static class SpecialRanges
{
    /// <summary>Never a destination of a guest by way of the host, whatever a rule says.</summary>
    private static readonly IPNetwork[] s_never =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"),
        IPNetwork.Parse("::/96"), IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork[] s_special =
    [
        IPNetwork.Parse("169.254.169.254/32"), // Metadata of most clouds.
        IPNetwork.Parse("100.100.100.200/32"), // Metadata of Alibaba Cloud.
        IPNetwork.Parse("192.0.0.192/32"), // Metadata of Oracle Cloud.
        IPNetwork.Parse("fd00:ec2::254/128"), // Metadata of EC2.
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("fec0::/10"),
        IPNetwork.Parse("64:ff9b:1::/48"), IPNetwork.Parse("100::/64"),
        IPNetwork.Parse("2001::/32"), IPNetwork.Parse("2002::/16"), // Teredo and 6to4 carry an IPv4 address that nobody here sees.
    ];

    /// <summary>The well-known prefix of translation (RFC 6052): the last four bytes are an IPv4 address.</summary>
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    private static readonly IPNetwork[] s_narrowestFirst = [.. s_never.Concat(s_special).OrderByDescending(static range => range.PrefixLength)];

    /// <summary>All of them; some lie in others.</summary>
    internal static IReadOnlyList<IPNetwork> All => s_narrowestFirst;

    /// <summary>What no rule opens.</summary>
    internal static IReadOnlyList<IPNetwork> Never => s_never;

    internal static bool IsNeverReachable(IPAddress address) => s_never.Any(range => range.Contains(address));

    internal static bool IsNeverReachable(IPNetwork network) => s_never.Any(range => NetworkMath.Contains(range, network));

    /// <summary>The narrowest special range that an address lies in; null for an ordinary one.</summary>
    public static IPNetwork? Find(IPAddress address)
    {
        if (s_translated.Contains(address) && address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            IPAddress inner = new(address.GetAddressBytes()[12..]);
            return Find(inner) is null ? null : new IPNetwork(address, 128);
        }

        int found = Array.FindIndex(s_narrowestFirst, range => range.BaseAddress.AddressFamily == address.AddressFamily && range.Contains(address));
        return found < 0 ? null : s_narrowestFirst[found];
    }
}
