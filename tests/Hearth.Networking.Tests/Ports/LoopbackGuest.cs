using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Ports;

namespace Hearth.Networking.Tests.Ports;

/// <summary>A "guest" that is this host's loopback.</summary>
internal sealed class LoopbackGuest : IGuestPorts
{
    public int DatagramSockets { get; private set; }

    public async Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public Func<LoopbackConnection?> Loopback { get; set; } = static () => null;

    public Task<LoopbackConnection?> ConnectLoopbackAsync(int port, CancellationToken cancellationToken) => Task.FromResult(Loopback());

    public Socket OpenDatagramSocket(int port)
    {
        DatagramSockets++;
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }
}
