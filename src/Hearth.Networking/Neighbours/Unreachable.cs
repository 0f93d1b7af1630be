using System.Buffers.Binary;
using System.Net;

namespace Hearth.Networking.Neighbours;

/// <summary>What a router says of a packet whose destination is not there: ICMP type 3 code 1 (RFC 792), ICMPv6 type 1 code 3 (RFC 4443 §3.1).</summary>
internal static class Unreachable
{
    private const int IcmpHeader = 8;
    private const byte HopLimit = 64;

    /// <summary>Of the packet in question: its header and eight bytes in IPv4, all that fits into 1280 bytes in IPv6.</summary>
    private const int MostOf4 = 60 + 8;
    private const int MostOf6 = 1280 - PacketAddresses.Ipv6Header - IcmpHeader;

    /// <summary>To the sender of <paramref name="packet"/>, in the name of its destination.</summary>
    /// <param name="packet">A packet that <paramref name="addresses"/> was read from.</param>
    /// <param name="addresses">Its addresses.</param>
    public static byte[] Of(ReadOnlySpan<byte> packet, PacketAddresses addresses) =>
        addresses.Source.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? Of4(packet, addresses) : Of6(packet, addresses);

    private static byte[] Of4(ReadOnlySpan<byte> packet, PacketAddresses addresses)
    {
        ReadOnlySpan<byte> quoted = packet[..Math.Min(packet.Length, Math.Min(MostOf4, addresses.Content + 8))];
        byte[] answer = new byte[PacketAddresses.Ipv4Header + IcmpHeader + quoted.Length];
        answer[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(2), (ushort)answer.Length);
        answer[8] = HopLimit;
        answer[9] = PacketAddresses.Icmp;
        Write(addresses.Destination, answer.AsSpan(12));
        Write(addresses.Source, answer.AsSpan(16));
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(10), Checksum(answer.AsSpan(0, PacketAddresses.Ipv4Header), 0));
        Span<byte> icmp = answer.AsSpan(PacketAddresses.Ipv4Header);
        icmp[0] = 3;
        icmp[1] = 1;
        quoted.CopyTo(icmp[IcmpHeader..]);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum(icmp, 0));
        return answer;
    }

    private static byte[] Of6(ReadOnlySpan<byte> packet, PacketAddresses addresses)
    {
        ReadOnlySpan<byte> quoted = packet[..Math.Min(packet.Length, MostOf6)];
        byte[] answer = new byte[PacketAddresses.Ipv6Header + IcmpHeader + quoted.Length];
        Span<byte> icmp = answer.AsSpan(PacketAddresses.Ipv6Header);
        answer[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), (ushort)icmp.Length);
        answer[6] = PacketAddresses.Icmp6;
        answer[7] = HopLimit;
        Write(addresses.Destination, answer.AsSpan(8));
        Write(addresses.Source, answer.AsSpan(24));
        icmp[0] = 1;
        icmp[1] = 3;
        quoted.CopyTo(icmp[IcmpHeader..]);
        uint pseudo = Sum(answer.AsSpan(8, 32), (uint)icmp.Length + PacketAddresses.Icmp6); // RFC 8200 §8.1
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum(icmp, pseudo));
        return answer;
    }

    private static void Write(IPAddress address, Span<byte> place) => address.TryWriteBytes(place, out _);

    /// <summary>RFC 1071.</summary>
    internal static ushort Checksum(ReadOnlySpan<byte> bytes, uint start)
    {
        uint sum = Sum(bytes, start);
        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes, uint start)
    {
        uint sum = start;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (uint)(bytes[i] << 8) + (i + 1 < bytes.Length ? bytes[i + 1] : 0u);
        }

        return sum;
    }
}
