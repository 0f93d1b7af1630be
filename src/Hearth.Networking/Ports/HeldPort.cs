using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Networking.Connections;

namespace Hearth.Networking.Ports;

/// <summary>A published port that nobody serves now: what comes to it waits in its socket.</summary>
/// <param name="Port">As it is: with a number.</param>
/// <param name="Socket">A listener, or a socket for datagrams.</param>
public sealed record HeldPort(PublishedPort Port, Socket Socket) : IDisposable
{
    /// <summary>Senders that do not stop must not keep who refuses them from other work.</summary>
    private const int MostRefused = 4096;

    /// <summary>Whether something has come. An error that the socket has instead is taken from it: it would be ready for ever.</summary>
    public bool HasWaiting()
    {
        if (Socket.Poll(0, SelectMode.SelectRead))
        {
            return true;
        }

        _ = Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error);
        return false;
    }

    /// <summary>Ends the connections that wait with a reset, and forgets the datagrams.</summary>
    public void RefuseWaiting()
    {
        Socket.Blocking = false; // A connection may be gone when it is taken.
        for (int refused = 0; refused < MostRefused && Socket.Poll(0, SelectMode.SelectRead); refused++)
        {
            try
            {
                RefuseOne();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                return;
            }
            catch (SocketException)
            {
                // It left before, or an earlier answer was refused: told once.
            }
        }
    }

    public void Dispose() => Socket.Dispose();

    private void RefuseOne()
    {
        if (Port.Protocol == PortProtocol.Tcp)
        {
            Socket.Accept().Reset();
        }
        else
        {
            Span<byte> start = stackalloc byte[1];
            Socket.Receive(start);
        }
    }
}
