using System.Net.Sockets;

namespace Hearth.Networking.Connections;

/// <summary>Ends connections so that the peer sees it at once.</summary>
internal static class ConnectionReset
{
    /// <summary>Closes with a RST and without what was not sent yet (SO_LINGER of zero, socket(7)).</summary>
    public static void Reset(this Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Dispose();
    }
}
