using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hearth.Core.Specs;
using Hearth.Engine.Doorkeeping;
using Hearth.Linux.Sockets;
using Hearth.Networking.Ports;

namespace Hearth.Engine.Tests.Doorkeeping;

public sealed class PortHandOverTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly Socket _giver = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
    private readonly Socket _taker;

    public PortHandOverTests()
    {
        UnixDomainSocketEndPoint address = new(Path.Combine(_home.Paths.Home, "hand-over.sock"));
        using Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(address);
        listener.Listen();
        _giver.Connect(address);
        _taker = listener.Accept();
        _giver.ReceiveTimeout = _taker.ReceiveTimeout = 30_000;
    }

    public void Dispose()
    {
        _giver.Dispose();
        _taker.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task Ports_of_both_kinds_arrive_with_their_sockets()
    {
        using HeldPort tcp = Listen();
        using HeldPort udp = Bind();

        Task<bool> giving = Task.Run(() => PortHandOver.TryGive(_giver, [tcp, udp]));
        List<HeldPort> taken = [];
        PortHandOver.TryTake(_taker, taken).ShouldBeTrue();
        PortHandOver.Confirm(_taker);

        (await giving).ShouldBeTrue();
        taken.Select(static held => held.Port).ShouldBe([tcp.Port, udp.Port]);
        taken.Select(static held => held.Socket.LocalEndPoint).ShouldBe([tcp.Socket.LocalEndPoint, udp.Socket.LocalEndPoint]);
        taken.ForEach(static held => held.Dispose());
    }

    [Fact]
    public async Task More_ports_arrive_than_the_sockets_have_room_for_at_once()
    {
        HeldPort[] ports = [.. Enumerable.Range(0, 700).Select(static _ => Bind())];

        Task<bool> giving = Task.Run(() => PortHandOver.TryGive(_giver, ports));
        List<HeldPort> taken = [];
        PortHandOver.TryTake(_taker, taken).ShouldBeTrue();
        PortHandOver.Confirm(_taker);

        (await giving).ShouldBeTrue();
        taken.Select(static held => held.Port).ShouldBe(ports.Select(static held => held.Port));
        Array.ForEach(ports, static held => held.Dispose());
        taken.ForEach(static held => held.Dispose());
    }

    [Fact]
    public async Task A_taker_that_dies_before_it_says_so_has_taken_nothing()
    {
        using HeldPort port = Listen();
        Task<bool> giving = Task.Run(() => PortHandOver.TryGive(_giver, [port]));
        List<HeldPort> taken = [];
        PortHandOver.TryTake(_taker, taken).ShouldBeTrue();

        taken.ForEach(static held => held.Dispose());
        _taker.Dispose();

        (await giving).ShouldBeFalse();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(port.Socket.LocalEndPoint!);
        port.HasWaiting().ShouldBeTrue();
    }

    [Fact]
    public void What_came_before_the_givers_death_is_kept()
    {
        using HeldPort port = Listen();
        DescriptorPassing.Send(_giver, JsonSerializer.SerializeToUtf8Bytes(port.Port, HearthJson.Default.PublishedPort), port.Socket.SafeHandle);
        _giver.Dispose();
        List<HeldPort> taken = [];

        PortHandOver.TryTake(_taker, taken).ShouldBeFalse();

        using HeldPort kept = taken.ShouldHaveSingleItem();
        kept.Port.ShouldBe(port.Port);
        PortHandOver.Confirm(_taker); // Which nobody hears.
    }

    [Fact]
    public void Nonsense_is_no_port_and_leaves_nothing_open()
    {
        using HeldPort port = Listen();
        DescriptorPassing.Send(_giver, "{\"bind\":"u8, port.Socket.SafeHandle);
        List<HeldPort> taken = [];

        PortHandOver.TryTake(_taker, taken).ShouldBeFalse();

        taken.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_packets_have_the_documented_bytes()
    {
        using HeldPort port = Listen();
        Task<bool> giving = Task.Run(() => PortHandOver.TryGive(_giver, [port]));
        byte[] packet = new byte[1000];

        int length = _taker.Receive(packet);
        string.Concat(Encoding.UTF8.GetString(packet, 0, length).Where(static c => !char.IsWhiteSpace(c)))
            .ShouldBe($$"""{"bind":"127.0.0.1","hostPort":{{port.Port.HostPort}},"guestPort":80,"protocol":"Tcp"}""");
        Encoding.UTF8.GetString(packet, 0, _taker.Receive(packet)).ShouldBe(".");
        _taker.Send("k"u8);
        (await giving).ShouldBeTrue();
    }

    private static HeldPort Listen()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return new HeldPort(new PublishedPort("127.0.0.1", ((IPEndPoint)socket.LocalEndPoint!).Port, 80, PortProtocol.Tcp), socket);
    }

    private static HeldPort Bind()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new HeldPort(new PublishedPort("127.0.0.1", ((IPEndPoint)socket.LocalEndPoint!).Port, 53, PortProtocol.Udp), socket);
    }
}
