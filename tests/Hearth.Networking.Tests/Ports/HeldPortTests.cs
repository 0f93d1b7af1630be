using System.Net;
using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Networking.Ports;

namespace Hearth.Networking.Tests.Ports;

/// <summary>Ports that nobody serves for a while.</summary>
public sealed class HeldPortTests : IAsyncDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly PortPublisher _publisher = new(new LoopbackGuest(), TimeProvider.System);
    private readonly PortPublisher _next = new(new LoopbackGuest(), TimeProvider.System);
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly PublishedPort _port;

    public HeldPortTests()
    {
        _server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _server.Listen();
        _port = _publisher.Add(new PublishedPort("127.0.0.1", 0, PortOf(_server), PortProtocol.Tcp));
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await _next.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task What_comes_to_a_held_port_is_served_when_it_goes_on()
    {
        (await _publisher.TryHoldAsync()).ShouldBeTrue();
        using TcpClient client = await ConnectAsync();
        _publisher.IsInUse.ShouldBeFalse();

        _publisher.Resume();

        await GreetsAsync(client);
    }

    [Fact]
    public async Task A_port_with_somebody_connected_is_not_held_and_goes_on()
    {
        using TcpClient connected = await ConnectAsync();
        using Socket inside = await _server.AcceptAsync().WaitAsync(s_bound);

        (await _publisher.TryHoldAsync()).ShouldBeFalse();

        using TcpClient client = await ConnectAsync();
        await GreetsAsync(client);
    }

    [Fact]
    public async Task A_port_that_is_handed_over_keeps_its_number_and_what_waits()
    {
        (await _publisher.TryHoldAsync()).ShouldBeTrue();
        using TcpClient client = await ConnectAsync();
        IReadOnlyList<HeldPort> held = await _publisher.ReleaseAsync();
        _publisher.Ports.ShouldBeEmpty();
        _publisher.Resume();
        held.ShouldHaveSingleItem().HasWaiting().ShouldBeTrue();

        _next.Adopt(held[0]);

        _next.Ports.ShouldBe([_port]);
        await GreetsAsync(client);
    }

    [Fact]
    public async Task Who_waits_in_a_held_port_can_be_refused_and_the_port_stays()
    {
        HeldPort held = await HoldAsync(_publisher);
        using TcpClient client = await ConnectAsync();

        held.RefuseWaiting();

        (await Should.ThrowAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(s_bound)))
            .InnerException.ShouldBeOfType<SocketException>().SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
        held.HasWaiting().ShouldBeFalse();
        using TcpClient later = await ConnectAsync();
        held.HasWaiting().ShouldBeTrue();
        held.Dispose();
    }

    [Fact]
    public async Task Datagrams_wait_too_and_can_be_forgotten()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using PortPublisher publisher = new(new LoopbackGuest(), TimeProvider.System);
        PublishedPort port = publisher.Add(new PublishedPort("127.0.0.1", 0, PortOf(server), PortProtocol.Udp));
        using UdpClient sender = new("127.0.0.1", port.HostPort);
        HeldPort held = await HoldAsync(publisher);
        await sender.SendAsync("forgotten"u8.ToArray());
        held.HasWaiting().ShouldBeTrue();
        held.RefuseWaiting();
        held.HasWaiting().ShouldBeFalse();
        await sender.SendAsync("kept"u8.ToArray());

        _next.Adopt(held);

        byte[] buffer = new byte[100];
        SocketReceiveFromResult got = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(s_bound);
        buffer[..got.ReceivedBytes].ShouldBe("kept"u8.ToArray());
        await server.SendToAsync("answer"u8.ToArray(), got.RemoteEndPoint);
        (await sender.ReceiveAsync().WaitAsync(s_bound)).Buffer.ShouldBe("answer"u8.ToArray());
    }

    [Fact]
    public async Task Each_use_is_told()
    {
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int uses = 0;
        _publisher.Used = () =>
        {
            if (Interlocked.Increment(ref uses) == 2)
            {
                ended.SetResult();
            }
        };
        using (TcpClient client = await ConnectAsync())
        {
            await GreetsAsync(client);
        }

        await ended.Task.WaitAsync(s_bound); // The connection's begin and its end.
        _publisher.IsInUse.ShouldBeFalse();
    }

    private static async Task<HeldPort> HoldAsync(PortPublisher publisher)
    {
        (await publisher.TryHoldAsync()).ShouldBeTrue();
        return (await publisher.ReleaseAsync()).ShouldHaveSingleItem();
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private async Task<TcpClient> ConnectAsync()
    {
        TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _port.HostPort);
        return client;
    }

    private async Task GreetsAsync(TcpClient client)
    {
        using Socket inside = await _server.AcceptAsync().WaitAsync(s_bound);
        await inside.SendAsync("hello"u8.ToArray());
        byte[] buffer = new byte[5];
        await client.GetStream().ReadExactlyAsync(buffer).AsTask().WaitAsync(s_bound);
        buffer.ShouldBe("hello"u8.ToArray());
    }
}
