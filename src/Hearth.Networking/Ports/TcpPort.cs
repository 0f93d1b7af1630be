using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Networking.Connections;

namespace Hearth.Networking.Ports;

/// <summary>A listening port: each connection is carried to one of the guest's.</summary>
internal sealed class TcpPort : OpenPort
{
    /// <summary>A guest that does not answer is one that boots, or has no such address any more.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(30);

    private readonly Socket _listener;
    private readonly IGuestPorts _guest;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;

    private TcpPort(PublishedPort port, Socket listener, IGuestPorts guest)
        : base(port)
    {
        _listener = listener;
        _guest = guest;
        _accepting = AcceptAsync();
    }

    public static TcpPort Open(PublishedPort port, IGuestPorts guest)
    {
        Socket listener = PortPublisher.Bind(port, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Listen();
            return new TcpPort(PortPublisher.Numbered(port, listener), listener, guest);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw PortPublisher.Explain(port, e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _end.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(_end.Token);
                _connections.RemoveWhere(static task => task.IsCompleted);
                _connections.Add(ServeAsync(client));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // A client that left before it was taken.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    /// <summary>Null: the guest refused. That costs nothing, so a service on its loopback is looked for only then.</summary>
    private async Task<Socket?> TryConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _guest.ConnectAsync(Port.GuestPort, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return null;
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            client.NoDelay = true;
            using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            bound.CancelAfter(s_connectTimeout);
            if (await TryConnectAsync(bound.Token) is { } inside)
            {
                await SocketRelay.RunAsync(client, inside, _end.Token);
            }
            else if (await _guest.ConnectLoopbackAsync(Port.GuestPort, bound.Token) is { } loopback)
            {
                await SocketRelay.RunAsync(client, loopback.Stream, loopback.EndWrite, _end.Token);
            }
            else
            {
                client.Reset(); // As the guest did.
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or IOException)
        {
            // The guest does not answer, or the port is closed.
            client.Reset();
        }
    }
}
