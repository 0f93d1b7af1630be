using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Hearth.Linux.Abi;
using Hearth.Linux.Guest;

namespace Hearth.Kernel.Tests.Guest;

/// <summary>What is read of the kernel's answers: known bytes, and bytes damaged at random (the seeds are fixed).</summary>
public sealed class SocketDiagFuzzTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void A_connection_has_these_bytes()
    {
        byte[] datagram = Message(InetDiag.SOCK_DIAG_BY_FAMILY, Connection(2, InetDiag.TCP_ESTABLISHED, [10, 9, 0, 1], 4660, [10, 9, 0, 2], 80));
        NetlinkMessages messages = new(datagram);

        messages.MoveNext().ShouldBeTrue();
        TcpConnection connection = TcpConnection.Parse(messages.Payload);

        connection.Local.ShouldBe(TcpConnection.ToNumber(IPAddress.Parse("::ffff:10.9.0.1")));
        (connection.State, connection.LocalPort, connection.PeerPort).ShouldBe((InetDiag.TCP_ESTABLISHED, 4660, 80));
        messages.MoveNext().ShouldBeFalse();
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.255.0.9", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("128.0.0.1", false)]
    [InlineData("10.127.0.1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::2", false)]
    public void Loopback_is_these_addresses(string address, bool expected) => TcpConnection.IsLoopback(TcpConnection.ToNumber(IPAddress.Parse(address))).ShouldBe(expected);

    [Theory]
    [InlineData(InetDiag.TCP_LISTEN, "10.9.0.2", 0)]
    [InlineData(InetDiag.TCP_TIME_WAIT, "10.9.0.2", 0)]
    [InlineData(InetDiag.TCP_CLOSE, "10.9.0.2", 0)]
    [InlineData(InetDiag.TCP_FIN_WAIT2, "10.9.0.2", 1)]
    [InlineData(InetDiag.TCP_ESTABLISHED, "10.9.0.2", 1)]
    [InlineData(InetDiag.TCP_ESTABLISHED, "10.9.0.3", 0)]
    [InlineData(InetDiag.TCP_ESTABLISHED, "127.0.0.1", 0)]
    public void The_state_and_the_peer_decide(int state, string peer, int foreign)
    {
        TcpConnection connection = TcpConnection.Parse(Connection(2, state, [10, 9, 0, 1], 1, IPAddress.Parse(peer).GetAddressBytes(), 2));

        TcpConnection.Foreign([connection], [IPAddress.Parse("10.9.0.3")]).Count.ShouldBe(foreign);
    }

    [Theory]
    [InlineData("TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0", false)]
    [InlineData("sockets: used 4\nTCP: inuse 12 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0", true)]
    [InlineData("sockets: used 4\nTCP: inuse 0 orphan 0\nUDP: inuse 3 mem 0", false)]
    [InlineData("MPTCP: inuse 3", false)]
    [InlineData("TCP: inuse ", false)]
    [InlineData("TCP:", false)]
    [InlineData("", false)]
    public void Sockets_are_counted(string text, bool expected) => SocketDiag.CountsSockets(Encoding.ASCII.GetBytes(text), "TCP: inuse "u8).ShouldBe(expected);

    [Theory]
    [InlineData("   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1", false)]
    [InlineData("   1: 0100090A:0CEA 0200090A:0050 01 00000000:00000000 00:00000000 00000000     0        0 1 1", true)]
    [InlineData("   1: 0100090A:0CEA 0200090A:0050 06 00000000:00000000 00:00000000 00000000     0        0 1 1", false)]
    [InlineData("   1: 0100090A:0CEA 0200090A:0050 02", true)]
    [InlineData("", false)]
    public void A_line_of_proc_is_a_connection_or_not(string line, bool expected) => SocketDiag.IsConnection(line).ShouldBe(expected);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_answers_are_taken_or_refused(int seed)
    {
        Random random = new(seed);
        byte[] error = new byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(error, -2);
        byte[] whole =
        [
            .. Message(InetDiag.SOCK_DIAG_BY_FAMILY, Connection(2, 1, [10, 9, 0, 1], 1, [10, 9, 0, 2], 2)),
            .. Message(InetDiag.SOCK_DIAG_BY_FAMILY, [.. Connection(10, 1, new byte[16], 1, new byte[16], 2), 1, 2, 3]),
            .. Message(Netlink.NLMSG_ERROR, error), .. Message(Netlink.NLMSG_DONE, new byte[4]),
        ];
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] damaged = whole[..random.Next(whole.Length + 1)];
            for (int i = random.Next(4); i > 0 && damaged.Length > 0; i--)
            {
                damaged[random.Next(2) == 0 ? random.Next(Math.Min(damaged.Length, 16)) : random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            refused += Read(damaged) ? 0 : 1;
        }

        Read(whole).ShouldBeTrue();
        refused.ShouldBeInRange(Rounds / 4, Rounds - 1);
    }

    private static bool Read(byte[] datagram)
    {
        try
        {
            int count = 0;
            NetlinkMessages messages = new(datagram);
            while (messages.MoveNext())
            {
                (++count).ShouldBeLessThanOrEqualTo((datagram.Length / 16) + 1);
                if (messages.Type == Netlink.NLMSG_ERROR)
                {
                    messages.ReadError().ShouldBeGreaterThanOrEqualTo(0);
                }
                else if (messages.Type == InetDiag.SOCK_DIAG_BY_FAMILY)
                {
                    _ = TcpConnection.Foreign([TcpConnection.Parse(messages.Payload)], []);
                }
            }

            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static byte[] Message(ushort type, byte[] payload)
    {
        byte[] message = new byte[(16 + payload.Length + 3) & ~3];
        Netlink.nlmsghdr header = new() { nlmsg_len = (uint)(16 + payload.Length), nlmsg_type = type };
        MemoryMarshal.Write(message, in header);
        payload.CopyTo(message, 16);
        return message;
    }

    /// <summary>struct inet_diag_msg, by hand.</summary>
    private static byte[] Connection(int family, int state, byte[] local, ushort localPort, byte[] peer, ushort peerPort)
    {
        byte[] message = new byte[72];
        (message[0], message[1]) = ((byte)family, (byte)state);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), localPort);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), peerPort);
        local.CopyTo(message, 8);
        peer.CopyTo(message, 24);
        return message;
    }
}
