using System.Net;
using System.Net.Sockets;

namespace Hearth.Networking.Egress;

/// <summary>One destination of <c>--allow</c> or <c>--deny</c>; of a name or of a network, never of both.</summary>
/// <param name="Text">As the user wrote it, with the preset that it came from: what the log says.</param>
/// <param name="Name">A domain; the part behind the <c>*.</c> of a wildcard; "" for <c>*</c>. Null for a network.</param>
/// <param name="IsWildcard">All names below <paramref name="Name"/>, at any depth, but not itself.</param>
/// <param name="Network">Null for a name.</param>
/// <param name="Ports">Empty for all, but see <see cref="AllowsPort"/>.</param>
/// <param name="Protocols">What it is about.</param>
public sealed record EgressRule(string Text, string? Name, bool IsWildcard, IPNetwork? Network, IReadOnlyList<PortRange> Ports, EgressProtocols Protocols)
{
    /// <summary>
    /// DNS, and DNS over TLS and QUIC (RFC 7858, RFC 9250): a guest that speaks to resolvers of its own is not bound by names. An
    /// <c>--allow</c> means these only when it names them.
    /// </summary>
    internal static readonly int[] ReservedPorts = [53, 853];

    /// <summary>Whether a name, as <see cref="Dns.DnsNameText"/> writes it, is meant.</summary>
    public bool MatchesName(string name) => Name is { } own
        && (IsWildcard ? own.Length == 0 || (name.Length > own.Length && name[name.Length - own.Length - 1] == '.' && name.EndsWith(own, StringComparison.Ordinal)) : name == own);

    public bool MatchesAddress(IPAddress address) => Network is { } network && network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address);

    /// <summary>Whether a rule that denies is about this port; ICMP has none and gives 0.</summary>
    internal bool DeniesPort(EgressProtocols protocol, int port) => (Protocols & protocol) != 0 && (Ports.Count == 0 || Ports.Any(range => range.Contains(port)));

    /// <summary>Whether a rule that allows is about this port.</summary>
    internal bool AllowsPort(EgressProtocols protocol, int port) => DeniesPort(protocol, port) && (Ports.Count > 0 || !ReservedPorts.Contains(port));

    /// <summary>The family of its network; null for a name.</summary>
    internal AddressFamily? Family => Network?.BaseAddress.AddressFamily;
}
