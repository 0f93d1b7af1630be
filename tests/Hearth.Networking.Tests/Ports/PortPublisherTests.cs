using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Networking.Ports;

namespace Hearth.Networking.Tests.Ports;

/// <summary>The "guest" is this host's loopback.</summary>
public sealed class PortPublisherTests : IAsyncDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly LoopbackGuest _guest = new();
    private readonly PortPublisher _publisher;

    public PortPublisherTests() => _publisher = new PortPublisher(_guest, TimeProvider.System);

    public async ValueTask DisposeAsync() => await _publisher.DisposeAsync();

    [Fact]
    public async Task Bytes_go_both_ways_and_each_direction_ends_by_itself()
    {
        using Socket server = Listen(out int guestPort);
        PublishedPort port = _publisher.Add(new PublishedPort("127.0.0.1", 0, guestPort, PortProtocol.Tcp));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port.HostPort);
        using Socket inside = await server.AcceptAsync().WaitAsync(s_bound);
        byte[] sent = new byte[3 << 20];
        Random.Shared.NextBytes(sent);

        Task<byte[]> received = ReadAllAsync(new NetworkStream(inside));
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(sent);
        client.Client.Shutdown(SocketShutdown.Send);

        (await received.WaitAsync(s_bound)).ShouldBe(sent);
        await inside.SendAsync("after the end of the other direction"u8.ToArray());
        inside.Shutdown(SocketShutdown.Send);
        (await ReadAllAsync(stream).WaitAsync(s_bound)).ShouldBe("after the end of the other direction"u8.ToArray());
    }

    [Fact]
    public async Task A_guest_that_refuses_is_a_reset()
    {
        using Socket server = Listen(out int guestPort);
        server.Dispose();
        PublishedPort port = _publisher.Add(new PublishedPort("127.0.0.1", 0, guestPort, PortProtocol.Tcp));
        using TcpClient client = new();

        // The reset may be there before the client has seen that it is connected.
        Exception reset = await Should.ThrowAsync<Exception>(async () =>
        {
            await client.ConnectAsync(IPAddress.Loopback, port.HostPort);
            await ReadAllAsync(client.GetStream());
        }).WaitAsync(s_bound);

        (reset as SocketException ?? reset.InnerException).ShouldBeOfType<SocketException>().SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_guest_that_refuses_is_asked_on_its_loopback()
    {
        using Socket server = Listen(out int guestPort);
        server.Dispose();
        using Socket service = Listen(out int servicePort);
        TcpClient loopback = new();
        await loopback.ConnectAsync(IPAddress.Loopback, servicePort);
        using Socket inside = await service.AcceptAsync().WaitAsync(s_bound);
        _guest.Loopback = () => new LoopbackConnection(loopback.GetStream(), () => loopback.Client.Shutdown(SocketShutdown.Send));
        PublishedPort port = _publisher.Add(new PublishedPort("127.0.0.1", 0, guestPort, PortProtocol.Tcp));
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port.HostPort);
        NetworkStream stream = client.GetStream();

        await stream.WriteAsync("question"u8.ToArray());
        client.Client.Shutdown(SocketShutdown.Send);

        (await ReadAllAsync(new NetworkStream(inside)).WaitAsync(s_bound)).ShouldBe("question"u8.ToArray());
        await inside.SendAsync("answer"u8.ToArray());
        inside.Shutdown(SocketShutdown.Send);
        (await ReadAllAsync(stream).WaitAsync(s_bound)).ShouldBe("answer"u8.ToArray());
    }

    [Fact]
    public async Task A_reset_is_passed_on()
    {
        using Socket server = Listen(out int guestPort);
        PublishedPort port = _publisher.Add(new PublishedPort("127.0.0.1", 0, guestPort, PortProtocol.Tcp));
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, port.HostPort);
        using Socket inside = await server.AcceptAsync().WaitAsync(s_bound);

        client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        SocketException reset = await Should.ThrowAsync<SocketException>(async () => await inside.ReceiveAsync(new byte[1]).WaitAsync(s_bound));
        reset.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    [Fact]
    public async Task Every_sender_of_datagrams_gets_its_own_answers()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        PublishedPort port = _publisher.Add(new PublishedPort("127.0.0.1", 0, ((IPEndPoint)server.LocalEndPoint!).Port, PortProtocol.Udp));
        using UdpClient one = new("127.0.0.1", port.HostPort);
        using UdpClient other = new("127.0.0.1", port.HostPort);

        await one.SendAsync("one"u8.ToArray());
        await EchoAsync(server);
        await other.SendAsync("other"u8.ToArray());
        await EchoAsync(server);
        await one.SendAsync("one again"u8.ToArray());
        await EchoAsync(server);

        (await one.ReceiveAsync().WaitAsync(s_bound)).Buffer.ShouldBe("one"u8.ToArray());
        (await one.ReceiveAsync().WaitAsync(s_bound)).Buffer.ShouldBe("one again"u8.ToArray());
        (await other.ReceiveAsync().WaitAsync(s_bound)).Buffer.ShouldBe("other"u8.ToArray());
        _guest.DatagramSockets.ShouldBe(2);
    }

    [Theory]
    [InlineData(PortProtocol.Tcp)]
    [InlineData(PortProtocol.Udp)]
    public void A_port_that_is_in_use_is_named(PortProtocol protocol)
    {
        PublishedPort first = _publisher.Add(new PublishedPort("127.0.0.1", 0, 80, protocol));

        HearthException refused = Should.Throw<HearthException>(() => _publisher.Add(first));

        refused.Code.ShouldBe("port.in-use");
        refused.Message.ShouldContain($"127.0.0.1:{first.HostPort}/");
        _publisher.Ports.ShouldBe([first]);
    }

    [Fact]
    public void An_address_of_another_host_is_refused() =>
        Should.Throw<HearthException>(() => _publisher.Add(new PublishedPort("192.0.2.77", 0, 80, PortProtocol.Tcp))).Code.ShouldBe("port.address");

    [Fact]
    public async Task A_port_that_was_removed_is_free()
    {
        PublishedPort port = _publisher.Add(new PublishedPort("127.0.0.1", 0, 80, PortProtocol.Tcp));

        (await _publisher.RemoveAsync(open => open == port)).ShouldBeTrue();

        (await _publisher.RemoveAsync(open => open == port)).ShouldBeFalse();
        _publisher.Ports.ShouldBeEmpty();
        _publisher.Add(port).ShouldBe(port);
    }

    private static Socket Listen(out int port)
    {
        Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        port = ((IPEndPoint)server.LocalEndPoint!).Port;
        return server;
    }

    private static async Task EchoAsync(Socket server)
    {
        byte[] buffer = new byte[100];
        SocketReceiveFromResult got = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0)).WaitAsync(s_bound);
        await server.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), got.RemoteEndPoint);
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using MemoryStream all = new();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
