using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Sockets;

/// <summary>Where a connection was going before the kernel redirected it to this process (nftables' redirect, a kind of NAT).</summary>
public static class OriginalDestination
{
    private const int Ipv4AddressBytes = 16;
    private const int Ipv6AddressBytes = 28;

    /// <summary>
    /// Asks the connection tracking of the socket's own network namespace, whichever namespace this process is in. Null when the
    /// kernel knows of no redirection: the peer connected to this socket itself.
    /// </summary>
    public static IPEndPoint? Read(Socket accepted)
    {
        try
        {
            return accepted.RemoteEndPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6, Address.IsIPv4MappedToIPv6: false } ? ReadIpv6(accepted) : ReadIpv4(accepted);
        }
        catch (SocketException)
        {
            return null; // ENOENT: not redirected; ENOPROTOOPT: no connection tracking in this kernel.
        }
    }

    /// <summary>struct sockaddr_in (ip(7)): family in the host's order, port and address in the network's.</summary>
    private static IPEndPoint? ReadIpv4(Socket accepted)
    {
        Span<byte> address = stackalloc byte[Ipv4AddressBytes];
        return accepted.GetRawSocketOption(Netfilter.SOL_IP, Netfilter.SO_ORIGINAL_DST, address) < Ipv4AddressBytes
            ? null
            : Unless(accepted, new IPEndPoint(new IPAddress(address.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address[2..])));
    }

    /// <summary>struct sockaddr_in6 (ipv6(7)): family, port, flow, address, scope.</summary>
    private static IPEndPoint? ReadIpv6(Socket accepted)
    {
        Span<byte> address = stackalloc byte[Ipv6AddressBytes];
        return accepted.GetRawSocketOption(Netfilter.SOL_IPV6, Netfilter.IP6T_SO_ORIGINAL_DST, address) < Ipv6AddressBytes
            ? null
            : Unless(accepted, new IPEndPoint(new IPAddress(address.Slice(8, 16)), BinaryPrimitives.ReadUInt16BigEndian(address[2..])));
    }

    /// <summary>A connection that is tracked but was not redirected has its own local address as the original destination.</summary>
    private static IPEndPoint? Unless(Socket accepted, IPEndPoint destination) =>
        accepted.LocalEndPoint is IPEndPoint local && local.Port == destination.Port && (local.Address.IsIPv4MappedToIPv6 ? local.Address.MapToIPv4() : local.Address).Equals(destination.Address)
            ? null
            : destination;
}
