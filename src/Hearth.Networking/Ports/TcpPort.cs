using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Networking.Connections;

namespace Hearth.Networking.Ports;

/// <summary>A listening port: each connection is carried to one of the guest's.</summary>
internal sealed class TcpPort : OpenPort
{
    /// <summary>A guest that does not answer is one that boots, or has no such address any more.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(30);

    private readonly IGuestPorts _guest;
    private readonly ConnectionServer _server;

    private TcpPort(PublishedPort port, Socket listener, IGuestPorts guest, Action used)
        : base(port)
    {
        _guest = guest;
        _server = new ConnectionServer(listener, ServeAsync, used);
    }

    public override bool IsInUse => _server.HasConnections;

    /// <param name="port">Which.</param>
    /// <param name="guest">Where it leads.</param>
    /// <param name="used">Called when a connection comes, and when it ends.</param>
    public static TcpPort Open(PublishedPort port, IGuestPorts guest, Action used)
    {
        Socket listener = PortPublisher.Bind(port, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Listen();
            return new TcpPort(PortPublisher.Numbered(port, listener), listener, guest, used);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw PortPublisher.Explain(port, e);
        }
    }

    /// <summary>Serves a listener that was somebody else's.</summary>
    public static TcpPort Adopt(HeldPort held, IGuestPorts guest, Action used) => new(held.Port, held.Socket, guest, used);

    public override Task HoldAsync() => _server.HoldAsync();

    public override void Resume() => _server.Resume();

    public override async Task<HeldPort> ReleaseAsync() => new(Port, await _server.ReleaseAsync());

    public override ValueTask DisposeAsync() => _server.DisposeAsync();

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

    private async Task ServeAsync(Socket client, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(s_connectTimeout);
        if (await TryConnectAsync(bound.Token) is { } inside)
        {
            await SocketRelay.RunAsync(client, inside, cancellationToken);
        }
        else if (await _guest.ConnectLoopbackAsync(Port.GuestPort, bound.Token) is { } loopback)
        {
            await SocketRelay.RunAsync(client, loopback.Stream, loopback.EndWrite, cancellationToken);
        }
        else
        {
            client.Reset(); // As the guest did.
        }
    }
}
