using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Networking.Neighbours;

namespace Hearth.Networking.Tests.Neighbours;

/// <summary>Packets that guests send, and what is answered.</summary>
public sealed class PacketTests
{
    [Fact]
    public void Of_an_IPv4_packet_the_sender_is_told_that_its_destination_is_unreachable()
    {
        byte[] packet = [0x45, 0, 0, 60, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 89, 0, 5, 10, 89, 0, 9, .. Enumerable.Range(1, 40).Select(static i => (byte)i)];

        PacketAddresses.TryParse(packet, out PacketAddresses addresses).ShouldBeTrue();
        byte[] answer = Unreachable.Of(packet, addresses);

        (addresses.Source.ToString(), addresses.Destination.ToString()).ShouldBe(("10.89.0.5", "10.89.0.9"));
        PacketAddresses.TryParse(answer, out PacketAddresses back).ShouldBeTrue();
        (back.Source.ToString(), back.Destination.ToString(), back.Protocol).ShouldBe(("10.89.0.9", "10.89.0.5", PacketAddresses.Icmp));
        answer.Length.ShouldBe(20 + 8 + 28); // RFC 792: the header and 64 bits.
        answer[20..22].ShouldBe([3, 1]);
        answer[28..].ShouldBe(packet[..28]);
        Unreachable.Checksum(answer.AsSpan(0, 20), 0).ShouldBe((ushort)0);
        Unreachable.Checksum(answer.AsSpan(20), 0).ShouldBe((ushort)0);
        back.IsError(answer).ShouldBeTrue();
        addresses.IsError(packet).ShouldBeFalse();
    }

    [Fact]
    public void Of_an_IPv6_packet_too_and_no_more_than_the_least_that_every_link_takes()
    {
        byte[] packet = [0x60, 0, 0, 0, 0x10, 0, 17, 64, .. IPAddress.Parse("fd00:1::5").GetAddressBytes(), .. IPAddress.Parse("fd00:1::9").GetAddressBytes(), .. new byte[4096]];

        PacketAddresses.TryParse(packet, out PacketAddresses addresses).ShouldBeTrue();
        byte[] answer = Unreachable.Of(packet, addresses);

        answer.Length.ShouldBe(1280);
        PacketAddresses.TryParse(answer, out PacketAddresses back).ShouldBeTrue();
        (back.Source.ToString(), back.Destination.ToString(), back.Protocol).ShouldBe(("fd00:1::9", "fd00:1::5", PacketAddresses.Icmp6));
        answer[40..42].ShouldBe([1, 3]);
        back.IsError(answer).ShouldBeTrue();

        // With the pseudo-header (RFC 8200 §8.1) the sum is zero.
        byte[] summed = [.. answer[8..40], 0, 0, (byte)((answer.Length - 40) >> 8), (byte)(answer.Length - 40), 0, 0, 0, PacketAddresses.Icmp6, .. answer[40..]];
        Unreachable.Checksum(summed, 0).ShouldBe((ushort)0);
    }

    [Theory]
    [InlineData("45")]
    [InlineData("4000000000000000000000000000000000000000")]
    [InlineData("4f00000000000000000000000000000000000000")]
    [InlineData("60000000000000000000000000000000000000000000000000000000000000000000000000000000ff", true)]
    [InlineData("700000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("")]
    public void What_is_no_packet_is_none(string hex, bool isOne = false) => PacketAddresses.TryParse(Convert.FromHexString(hex), out _).ShouldBe(isOne);

    [Fact]
    public void Whatever_a_guest_sends_is_read_or_refused_and_can_be_answered() => Prop.ForAll<byte[], bool>(static (bytes, ipv6) =>
    {
        byte[] packet = [.. Enumerable.Repeat(bytes, 1 + (bytes.Length % 8)).SelectMany(static part => part)];
        if (packet.Length > 0)
        {
            packet[0] = (byte)((packet[0] & 0x0f) | (ipv6 ? 0x60 : 0x40));
        }

        if (!PacketAddresses.TryParse(packet, out PacketAddresses addresses))
        {
            return true;
        }

        _ = addresses.IsError(packet);
        return PacketAddresses.TryParse(Unreachable.Of(packet, addresses), out PacketAddresses back) && back.Destination.Equals(addresses.Source);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Theory]
    [InlineData("9.0.89.10.in-addr.arpa", "10.89.0.9")]
    [InlineData("9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa", "fd00:1::9")]
    [InlineData("0.89.10.in-addr.arpa", null)]
    [InlineData("999.0.89.10.in-addr.arpa", null)]
    [InlineData("z.0.ip6.arpa", null)]
    [InlineData("in-addr.arpa", null)]
    [InlineData("web", null)]
    public void The_name_of_an_address_is_read_back(string name, string? address)
    {
        Hearth.Networking.Dns.DnsNameText.TryReverse(name, out IPAddress? read).ShouldBe(address is not null);
        read?.ToString().ShouldBe(address);
    }
}
