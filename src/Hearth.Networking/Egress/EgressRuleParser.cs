using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Egress;

// A rule:  DESTINATION [ ":" PORTS ] [ "/" PROTOCOL ]
//   DESTINATION  a domain, "*." and a domain, "*", an IPv4 address or network, an IPv6 address or network; the latter in
//                brackets, which may be left out when no ports follow
//   PORTS        PORT or FIRST-LAST, several with commas between
//   PROTOCOL     tcp, udp, icmp. Without one: tcp for a name that is allowed; else with ports tcp and udp, without all three.
// Why a name means tcp alone: on TCP, Host and SNI say which of the names that share an address is meant. On UDP (QUIC) nothing
// readable does, so whoever wants it has to say so.

/// <summary>Reads rules.</summary>
public static class EgressRuleParser
{
    private const string Code = "egress.rule";

    /// <summary>Reads one rule.</summary>
    /// <param name="text">The rule.</param>
    /// <param name="subject">Where it stands, for errors: <c>--allow</c>, or a file and line.</param>
    /// <param name="isDenied">It is to deny; see above for what that means for protocols.</param>
    /// <exception cref="HearthException"><c>egress.rule</c>.</exception>
    public static EgressRule Parse(string text, string subject, bool isDenied)
    {
        string rest = text.Trim();
        EgressProtocols? protocols = TakeProtocol(ref rest, text, subject);
        string? ports = TakePorts(ref rest, text, subject);
        PortRange[] ranges = ports is null ? [] : [.. ports.Split(',').Select(part => PortRange.TryParse(part, out PortRange range) ? range : throw Error(text, subject, $"'{part}' is no port", "Ports are numbers from 1 to 65535: 443, 8000-8100 or 80,443."))];
        if (protocols is EgressProtocols.Icmp && ranges.Length > 0)
        {
            throw Error(text, subject, "ICMP has no ports", "Leave the port out.");
        }

        EgressProtocols implied = EgressProtocols.Tcp | EgressProtocols.Udp | (ranges.Length == 0 ? EgressProtocols.Icmp : 0);
        if (TryParseNetwork(rest, text, subject, out IPNetwork network))
        {
            return new EgressRule(text.Trim(), null, false, network, ranges, protocols ?? implied);
        }

        (string name, bool isWildcard) = ParseName(rest, text, subject);
        return new EgressRule(text.Trim(), name, isWildcard, null, ranges, protocols ?? (isDenied ? implied : EgressProtocols.Tcp));
    }

    private static EgressProtocols? TakeProtocol(ref string rest, string text, string subject)
    {
        int slash = rest.LastIndexOf('/');
        if (slash < 0 || slash == rest.Length - 1 || !rest.AsSpan(slash + 1).ContainsAnyExceptInRange('0', '9') || rest.AsSpan(slash).Contains(']'))
        {
            return null;
        }

        EgressProtocols? protocols = rest[(slash + 1)..].ToLowerInvariant() switch
        {
            "tcp" => EgressProtocols.Tcp,
            "udp" => EgressProtocols.Udp,
            "icmp" => EgressProtocols.Icmp,
            _ => null,
        };

        // "10.0.0.0/8:443" has a slash too, and no protocol.
        bool isPrefix = protocols is null && char.IsAsciiDigit(rest[slash + 1]);
        if (protocols is null && !isPrefix)
        {
            throw Error(text, subject, $"'{rest[(slash + 1)..]}' is no protocol", "Protocols are tcp, udp and icmp.");
        }

        rest = isPrefix ? rest : rest[..slash];
        return protocols;
    }

    private static string? TakePorts(ref string rest, string text, string subject)
    {
        if (rest.StartsWith('['))
        {
            int end = rest.IndexOf(']', StringComparison.Ordinal);
            string behind = end < 0 ? "" : rest[(end + 1)..];
            if (end < 0 || (behind.Length > 0 && behind[0] != ':'))
            {
                throw Error(text, subject, "a bracket is not closed, or something other than ':' follows it", "Write [2001:db8::/32]:443.");
            }

            rest = rest[1..end];
            return rest.Contains(':', StringComparison.Ordinal) ? (behind.Length > 0 ? behind[1..] : null) : throw Error(text, subject, "only IPv6 stands in brackets", "Leave the brackets out.");
        }

        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || rest.IndexOf(':', colon + 1) >= 0)
        {
            return null; // None, or an IPv6 address without brackets.
        }

        string ports = rest[(colon + 1)..];
        rest = rest[..colon];
        return ports;
    }

    private static bool TryParseNetwork(string destination, string text, string subject, out IPNetwork network)
    {
        network = default;
        int slash = destination.IndexOf('/', StringComparison.Ordinal);
        string addressText = slash < 0 ? destination : destination[..slash];
        // Not all that IPAddress reads is what a person means: "10.1" is 10.0.0.1, and an IPv6 scope means nothing here.
        if (!IPAddress.TryParse(addressText, out IPAddress? address)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != addressText)
            || addressText.Contains('%', StringComparison.Ordinal))
        {
            return slash >= 0 ? throw Error(text, subject, $"'{destination}' is no network", "Write 192.0.2.0/24 or 2001:db8::/32.") : false;
        }

        int bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int prefix = bits;
        if (slash >= 0 && (!int.TryParse(destination.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits))
        {
            throw Error(text, subject, $"'{destination[slash..]}' is no length of a prefix", $"It is a number from 0 to {bits}.");
        }

        IPAddress first = NetworkMath.Mask(address, prefix);
        if (!first.Equals(address))
        {
            throw Error(text, subject, $"{address} is an address within a network of /{prefix}, not its first", $"Write {first}/{prefix} for the network, or {address} for the address alone.");
        }

        network = new IPNetwork(first, prefix);
        if (SpecialRanges.IsNeverReachable(network))
        {
            throw Error(text, subject, "that is loopback, multicast or no address at all", "No rule opens or needs to close those; for services on the host's loopback there is --host-access.");
        }

        return true;
    }

    private static (string Name, bool IsWildcard) ParseName(string destination, string text, string subject)
    {
        if (destination == "*")
        {
            return ("", true);
        }

        bool isWildcard = destination.StartsWith("*.", StringComparison.Ordinal);
        string domain = isWildcard ? destination[2..] : destination;
        if (domain.Contains('*', StringComparison.Ordinal))
        {
            throw Error(text, subject, "'*' stands for whole labels, at the beginning only", "Write *.example.com.");
        }

        if (domain.Any(static c => c > 127))
        {
            throw Error(text, subject, "names are ASCII", "Write an international name as it is asked for: xn--…");
        }

        // A last label of digits is what a mistyped address has; no top-level domain is a number (RFC 3696 §2).
        return DnsNameText.TryNormalize(domain, out string name) && !name[(name.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit)
            ? (name, isWildcard)
            : throw Error(text, subject, destination.Length == 0 ? "there is no destination" : $"'{destination}' is neither a domain nor an address", "Write example.com, *.example.com, 192.0.2.0/24 or [2001:db8::/32], with :PORT and /tcp, /udp or /icmp behind it if need be.");
    }

    private static HearthException Error(string text, string subject, string cause, string cure) => new(Code, $"{subject} '{text}': {cause}.", cure, ExitCodes.Usage);
}
