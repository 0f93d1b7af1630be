using System.Net.Sockets;

namespace Hearth.Networking.Ports;

/// <summary>How a guest's ports are reached from the host.</summary>
public interface IGuestPorts
{
    /// <summary>A connection to a port of the guest.</summary>
    /// <exception cref="SocketException">It is refused, or not answered.</exception>
    Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken);

    /// <summary>A socket for datagrams to and from a port of the guest.</summary>
    Socket OpenDatagramSocket(int port);
}
