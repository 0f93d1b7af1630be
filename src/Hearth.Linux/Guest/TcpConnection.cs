using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Guest;

/// <summary>One TCP socket as the kernel tells of it. Addresses are IPv6; IPv4 ones are mapped (::ffff:a.b.c.d).</summary>
internal readonly record struct TcpConnection(int Family, int State, UInt128 Local, int LocalPort, UInt128 Peer, int PeerPort, uint Inode)
{
    private const int MappedPrefix = 0xFFFF;

    /// <summary>What names the socket to the kernel.</summary>
    public InetDiag.inet_diag_sockid Id { get; init; }

    /// <exception cref="InvalidDataException">Too short, or of no family that has TCP.</exception>
    public static TcpConnection Parse(ReadOnlySpan<byte> payload)
    {
        if (!MemoryMarshal.TryRead(payload, out InetDiag.inet_diag_msg message) || message.idiag_family is not (InetDiag.AF_INET or InetDiag.AF_INET6))
        {
            throw new InvalidDataException($"A message about a socket makes no sense ({payload.Length} bytes).");
        }

        InetDiag.inet_diag_sockid id = message.id;
        return new TcpConnection(
            message.idiag_family,
            message.idiag_state,
            Address(message.idiag_family, id.idiag_src),
            BinaryPrimitives.ReverseEndianness(id.idiag_sport),
            Address(message.idiag_family, id.idiag_dst),
            BinaryPrimitives.ReverseEndianness(id.idiag_dport),
            message.idiag_inode)
        {
            Id = id,
        };
    }

    public static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>::1, or 127.0.0.0/8.</summary>
    public static bool IsLoopback(UInt128 address) => address == UInt128.One || (address >> 24) == (((UInt128)MappedPrefix << 8) | 127);

    /// <summary>
    /// The connections whose other end is elsewhere. Those of which both ends are here are kept, whatever their addresses; so are those
    /// in TIME_WAIT, which no process has any more and which end by themselves.
    /// </summary>
    public static IReadOnlyList<TcpConnection> Foreign(IReadOnlyList<TcpConnection> all, IReadOnlyList<IPAddress> spared)
    {
        HashSet<UInt128> kept = [.. spared.Select(ToNumber)];
        HashSet<(UInt128, int, UInt128, int)> ends = [.. all.Select(static c => (c.Local, c.LocalPort, c.Peer, c.PeerPort))];
        return
        [
            .. all.Where(c => c.State is not (InetDiag.TCP_LISTEN or InetDiag.TCP_TIME_WAIT or InetDiag.TCP_CLOSE)
                && !IsLoopback(c.Peer) && c.Peer != c.Local && !kept.Contains(c.Peer) && !ends.Contains((c.Peer, c.PeerPort, c.Local, c.LocalPort))),
        ];
    }

    private static UInt128 Address(int family, ReadOnlySpan<byte> bytes) => family == InetDiag.AF_INET
        ? ((UInt128)MappedPrefix << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes)
        : BinaryPrimitives.ReadUInt128BigEndian(bytes);
}
