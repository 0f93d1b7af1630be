using System.Net;
using System.Net.Sockets;
using Hearth.Linux.Namespaces;

namespace Hearth.Vm.Tests.Networks;

/// <summary>Sends each datagram back, in a namespace, until it is disposed.</summary>
internal sealed class UdpEcho : IDisposable
{
    private readonly Socket _socket;

    public UdpEcho(NetworkNamespace space, IPEndPoint local)
    {
        _socket = space.OpenSocket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(local);
        _ = ServeAsync(new IPEndPoint(local.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
    }

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync(IPEndPoint anybody)
    {
        byte[] buffer = new byte[65535];
        try
        {
            while (true)
            {
                SocketReceiveFromResult got = await _socket.ReceiveFromAsync(buffer, anybody);
                await _socket.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), got.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the tests.
        }
    }
}
