using System.Net.Sockets;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Dialing;

/// <summary>A socket as a stream. Disposing it before both directions have ended resets it (SO_LINGER of zero, socket(7)), so that the peer has nothing to wait for.</summary>
internal sealed class SocketConnection : NetworkStream, IHalfClose
{
    /// <param name="socket">Connected; of this object from now on. The base does not own it, because it would end both directions in order first.</param>
    public SocketConnection(Socket socket)
        : base(socket, ownsSocket: false) => socket.LingerState = new LingerOption(true, 0);

    public void CloseWrite()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer has reset it; reading says so.
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Socket.Dispose();
        }

        base.Dispose(disposing);
    }
}
