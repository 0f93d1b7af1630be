using System.Net;
using System.Net.Sockets;

namespace Hearth.Networking.Proxy;

/// <summary>Bounds and seams of a <see cref="TransparentProxy"/>.</summary>
public sealed record ProxyOptions
{
    /// <summary>Connections of one VM at once; each has two buffers of 64 KiB. One more is reset.</summary>
    public int MaxConnections { get; init; } = 512;

    /// <summary>How long a guest has for the head of its first request, where the name in it decides.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the destination has to answer, with all of a name's addresses.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Ports on which a name is waited for before anything is connected to. On others the server may be the one who speaks
    /// first: there the address decides, and a name that follows is checked when it comes.
    /// </summary>
    public IReadOnlySet<int> NamePorts { get; init; } = new HashSet<int> { 80, 443, 8080, 8443 };

    /// <summary>Where a redirected connection was going; null for one that was not redirected, which is reset.</summary>
    public Func<Socket, IPEndPoint?> OriginalDestination { get; init; } = Hearth.Linux.Sockets.OriginalDestination.Read;

    /// <summary>Connects from the host.</summary>
    public Func<IPEndPoint, CancellationToken, Task<Socket>> Connect { get; init; } = ConnectAsync;

    private static async Task<Socket> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken)
    {
        Socket socket = new(destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(destination, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
