using System.Net.Sockets;

namespace Hearth.Networking.Ports;

/// <summary>How a guest's ports are reached from the host.</summary>
public interface IGuestPorts
{
    /// <summary>A connection to a port of the guest.</summary>
    /// <exception cref="SocketException">It is refused, or not answered.</exception>
    Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken);

    /// <summary>A connection to a port of the guest's loopback, where some services listen alone; slower, through the VM's agent.</summary>
    /// <returns>Null: it is refused there as well, or there is no such way now. Disposing it before both directions have ended resets it.</returns>
    Task<LoopbackConnection?> ConnectLoopbackAsync(int port, CancellationToken cancellationToken);

    /// <summary>A socket for datagrams to and from a port of the guest.</summary>
    Socket OpenDatagramSocket(int port);
}
