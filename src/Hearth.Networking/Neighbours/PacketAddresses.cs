using System.Net;

namespace Hearth.Networking.Neighbours;

/// <summary>From where to where a packet goes (RFC 791 §3.1, RFC 8200 §3).</summary>
/// <param name="Source">As it says itself.</param>
/// <param name="Destination">As it says itself.</param>
/// <param name="Protocol">What it carries: 1 is ICMP, 58 ICMPv6 (IANA's protocol numbers); of IPv6 the first header's.</param>
/// <param name="Content">Where that begins.</param>
internal readonly record struct PacketAddresses(IPAddress Source, IPAddress Destination, byte Protocol, int Content)
{
    public const int Ipv4Header = 20;
    public const int Ipv6Header = 40;
    public const byte Icmp = 1;
    public const byte Icmp6 = 58;

    /// <summary>False: no packet of either family.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out PacketAddresses addresses)
    {
        addresses = default;
        if (packet.Length >= Ipv4Header && packet[0] >> 4 == 4)
        {
            int header = (packet[0] & 0x0f) * 4;
            if (header < Ipv4Header || header > packet.Length)
            {
                return false;
            }

            addresses = new PacketAddresses(new IPAddress(packet[12..16]), new IPAddress(packet[16..20]), packet[9], header);
            return true;
        }

        if (packet.Length >= Ipv6Header && packet[0] >> 4 == 6)
        {
            addresses = new PacketAddresses(new IPAddress(packet[8..24]), new IPAddress(packet[24..40]), packet[6], Ipv6Header);
            return true;
        }

        return false;
    }

    /// <summary>Whether it tells of an error (RFC 792; RFC 4443 §2.1), which nobody answers with another.</summary>
    public bool IsError(ReadOnlySpan<byte> packet) => Protocol switch
    {
        Icmp => packet.Length > Content && packet[Content] is 3 or 4 or 5 or 11 or 12,
        Icmp6 => packet.Length > Content && packet[Content] < 128,
        _ => false,
    };
}
