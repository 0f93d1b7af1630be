using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Connections;

namespace Hearth.Networking.HostAccess;

/// <summary>
/// One port of the host's loopback that is the guest's, too (<c>--forward-localhost</c>): the guest's agent listens on the guest's loopback and
/// connects to the gateway, where this listens and connects to the host's. The guest reaches that port and no other.
/// </summary>
public sealed class HostForward : IAsyncDisposable
{
    private readonly ConnectionServer _server;
    private readonly int _port;

    /// <param name="listener">Listens on the gateway's address; of this object.</param>
    /// <param name="port">The host's port.</param>
    public HostForward(Socket listener, int port)
    {
        _port = port;
        _server = new ConnectionServer(listener, ServeAsync);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken) =>
        await SocketRelay.RunAsync(client, await ConnectAsync(cancellationToken), cancellationToken);

    /// <summary>A service may listen on one of the two loopback addresses only.</summary>
    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(IPAddress.Loopback, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && Socket.OSSupportsIPv6)
        {
            return await ConnectAsync(IPAddress.IPv6Loopback, cancellationToken);
        }
    }

    private async Task<Socket> ConnectAsync(IPAddress address, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, _port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
