using System.Net;
using Hearth.Agent.Service;
using Hearth.Agent.Threads;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Hearth.Linux.Sockets;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Link;

namespace Hearth.Agent.Dialing;

// Theory of operation
//
// A connection is carried by two threads: this one takes from the stream of the link and gives to the socket, another the other way round.
// Both block; what one side does not take stops the other through the link's credit or the socket's buffer, one direction by itself.
//
//   stream ends  → the socket's direction is shut down      socket ends  → the stream's direction is closed
//   stream reset → the socket is aborted: its peer gets a reset       socket fails → the stream is reset
//
// A thread that waits for one side does not see the other break: LinkStream.OnBroken and TcpSocket.Abort wake it. In a guest that was
// restored every stream is broken, and so all connections of its original end here.

/// <summary>Connects to a port of the guest and carries the bytes.</summary>
internal static class DialSession
{
    /// <summary>A full queue of a listener is all that can take time within a guest.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(10);

    private const int BufferBytes = LinkFrame.MaxPayloadBytes;

    public static void Run(LinkStream stream, RequestStream session, DialRequest request)
    {
        using TcpSocket socket = Connect(request);
        session.Acknowledge();
        stream.OnBroken(socket.Abort);
        using ManualResetEventSlim done = new();
        WorkerThreads.Run(() =>
        {
            Carry(stream, socket, static (stream, socket, buffer) => PassUp(stream, socket, buffer));
            done.Set();
        });
        Carry(stream, socket, static (stream, socket, buffer) => PassDown(stream, socket, buffer));
        done.Wait();
    }

    private static TcpSocket Connect(DialRequest request)
    {
        if (request.Port is < 1 or > IPEndPoint.MaxPort)
        {
            throw new HearthException("dial.failed", $"There is no port {request.Port}.", "Ports are 1 to 65535.", 1);
        }

        IEnumerable<IPAddress> addresses = request.Address is not { } text ? GuestAddresses.All()
            : IPAddress.TryParse(text, out IPAddress? only) ? [only]
            : throw new HearthException("dial.failed", $"'{text}' is not an address.", "Give it in numbers.", 1);
        ErrnoException? failure = null;
        foreach (IPAddress address in addresses)
        {
            try
            {
                return TcpSocket.Connect(new IPEndPoint(address, request.Port), s_connectTimeout);
            }
            catch (ErrnoException e)
            {
                // The first says most: the others are guesses.
                failure ??= e;
            }
        }

        throw failure!.Errno == Errno.ECONNREFUSED
            ? new HearthException("dial.refused", $"Nothing listens on port {request.Port} of the VM.", "The program may still be starting, or listen elsewhere.", 1)
            : new HearthException("dial.failed", $"Port {request.Port} of the VM cannot be connected to: {failure.Message}", null, 1);
    }

    private static void PassDown(LinkStream stream, TcpSocket socket, byte[] buffer)
    {
        int got;
        while ((got = stream.Read(buffer)) > 0)
        {
            socket.Write(buffer.AsSpan(0, got));
        }

        socket.CloseWrite();
    }

    private static void PassUp(LinkStream stream, TcpSocket socket, byte[] buffer)
    {
        int got;
        while ((got = socket.Read(buffer)) > 0)
        {
            stream.Write(buffer.AsSpan(0, got));
        }

        stream.CloseWrite();
    }

    /// <summary>Carries one direction to its end. A direction that fails takes the other along.</summary>
    private static void Carry(LinkStream stream, TcpSocket socket, Action<LinkStream, TcpSocket, byte[]> direction)
    {
        try
        {
            direction(stream, socket, new byte[BufferBytes]);
        }
        catch (Exception e) when (e is LinkException or ErrnoException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            socket.Abort();
            stream.Dispose();
        }
    }
}
