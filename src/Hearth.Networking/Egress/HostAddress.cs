using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Hearth.Networking.Egress;

/// <summary>The host's own addresses.</summary>
public static class HostAddress
{
    /// <summary>All that its interfaces have now; loopback and link-local ones are left out, being special anyway.</summary>
    public static IReadOnlyList<IPAddress> All() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static link => link.GetIPProperties().UnicastAddresses)
            .Select(static unicast => unicast.Address)
            .Where(static address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
            .Distinct(),
    ];

    /// <summary>Asks the kernel whether a socket may be bound there, which holds for what is the host's at this moment.</summary>
    public static bool IsOwn(IPAddress address)
    {
        try
        {
            using Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false; // EADDRNOTAVAIL, or a family that the host has not.
        }
    }
}
