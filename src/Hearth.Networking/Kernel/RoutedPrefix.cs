using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;

namespace Hearth.Networking.Kernel;

/// <summary>The network that routed guests have their IPv6 addresses from, as a person writes it.</summary>
public static class RoutedPrefix
{
    /// <summary>Sixteen bits for guests at the least.</summary>
    private const int Longest = 112;

    /// <exception cref="HearthException"><c>network.prefix</c>.</exception>
    public static IPNetwork Parse(string text) =>
        IPNetwork.TryParse(text, out IPNetwork prefix) && IPAddress.TryParse(text.AsSpan(0, text.IndexOf('/', StringComparison.Ordinal)), out IPAddress? written) && written.Equals(prefix.BaseAddress)
        && prefix.BaseAddress is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv6LinkLocal: false, IsIPv6Multicast: false } && prefix.PrefixLength is > 0 and <= Longest
            ? prefix
            : throw new HearthException(
                "network.prefix",
                $"--ipv6-prefix {text}: not a network of IPv6 addresses with {Longest} bits or less, and none beyond them set.",
                "Give one that is routed to this host, as in 2001:db8:7::/64.",
                ExitCodes.Usage);
}
