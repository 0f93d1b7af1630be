using System.Net;
using System.Net.Sockets;
using Hearth.Agent.Dialing;
using Hearth.Agent.Service;
using Hearth.Protocol;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;
using Hearth.Protocol.Tests.Link;

namespace Hearth.Kernel.Tests.Dialing;

/// <summary>The agent's connections, over a link within this process, to servers on this machine's loopback.</summary>
public sealed class DialSessionTests : IDisposable
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);

    private readonly LinkPair _pair = new();
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public DialSessionTests()
    {
        AgentService agent = new(null!); // A dial needs nothing of the guest's state.
        _pair.Guest.Listen(AgentPorts.Service, stream => new Thread(() => agent.Serve(stream)) { IsBackground = true }.Start());
        _pair.Start();
        _server.Start();
    }

    public void Dispose()
    {
        _server.Dispose();
        _pair.Dispose();
    }

    [Fact]
    public async Task Bytes_go_both_ways_and_each_direction_ends_by_itself()
    {
        using LinkStream stream = await DialAsync(Port(_server));
        using Socket peer = await AcceptAsync();
        byte[] sent = new byte[1 << 20];
        Random.Shared.NextBytes(sent);

        // The server answers with what it got, once all of it is there.
        Task<byte[]> echo = Task.Run(async () =>
        {
            using NetworkStream server = new(peer);
            MemoryStream all = new();
            await server.CopyToAsync(all);
            await server.WriteAsync(all.ToArray());
            peer.Shutdown(SocketShutdown.Send);
            return all.ToArray();
        });
        await stream.WriteAsync(sent).AsTask().WaitAsync(s_bound);
        stream.CloseWrite();
        MemoryStream answer = new();
        await stream.CopyToAsync(answer).WaitAsync(s_bound);

        (await echo.WaitAsync(s_bound)).ShouldBe(sent);
        answer.ToArray().ShouldBe(sent);
    }

    [Fact]
    public async Task A_server_that_ends_first_is_still_written_to()
    {
        using LinkStream stream = await DialAsync(Port(_server));
        using Socket peer = await AcceptAsync();
        await peer.SendAsync("bye"u8.ToArray());
        peer.Shutdown(SocketShutdown.Send);
        byte[] got = new byte[16];
        (await stream.ReadAtLeastAsync(got, 16, throwOnEndOfStream: false).AsTask().WaitAsync(s_bound)).ShouldBe(3);

        await stream.WriteAsync("late"u8.ToArray());
        stream.CloseWrite();

        (await ReadToEndAsync(peer)).ShouldBe("late"u8.ToArray());
    }

    [Fact]
    public async Task A_server_that_does_not_read_stops_the_sender_and_nobody_else()
    {
        const int Total = 64 << 20;
        using LinkStream stream = await DialAsync(Port(_server));
        using Socket peer = await AcceptAsync();
        long sent = 0;
        Task sending = Task.Run(async () =>
        {
            byte[] part = new byte[64 << 10];
            while (sent < Total)
            {
                await stream.WriteAsync(part);
                Interlocked.Add(ref sent, part.Length);
            }

            stream.CloseWrite();
        });

        using LinkStream other = await DialAsync(Port(_server));
        using Socket otherPeer = await AcceptAsync();
        await other.WriteAsync("through"u8.ToArray()).AsTask().WaitAsync(s_bound);
        other.CloseWrite();
        (await ReadToEndAsync(otherPeer)).ShouldBe("through"u8.ToArray());
        Interlocked.Read(ref sent).ShouldBeLessThan(Total);

        (await ReadToEndAsync(peer)).Length.ShouldBe(Total);
        await sending.WaitAsync(s_bound);
    }

    [Fact]
    public async Task A_server_that_resets_resets_the_stream()
    {
        using LinkStream stream = await DialAsync(Port(_server));
        Socket peer = await AcceptAsync();
        peer.LingerState = new LingerOption(enable: true, 0);
        peer.Dispose();

        await Should.ThrowAsync<LinkException>(async () => await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(s_bound));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_is_reset_resets_the_connection_whatever_the_agent_waits_for(bool isFull)
    {
        LinkStream stream = await DialAsync(Port(_server));
        using Socket peer = await AcceptAsync();
        if (isFull)
        {
            // Until nothing goes any more: the agent stands in a write to the server then.
            await Should.ThrowAsync<TimeoutException>(async () =>
            {
                while (true)
                {
                    await stream.WriteAsync(new byte[64 << 10]).AsTask().WaitAsync(TimeSpan.FromSeconds(1));
                }
            });
        }

        stream.Dispose();

        SocketException reset = await Should.ThrowAsync<SocketException>(() => ReadToEndAsync(peer));
        reset.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    [Fact]
    public async Task A_link_that_ends_ends_all_connections()
    {
        LinkStream stream = await DialAsync(Port(_server));
        using Socket peer = await AcceptAsync();

        _pair.Dispose();

        await Should.ThrowAsync<SocketException>(() => ReadToEndAsync(peer));
        stream.Dispose();
    }

    [SkippableFact]
    public async Task What_listens_on_IPv6_alone_is_reached()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "no IPv6 here");
        using TcpListener server = new(IPAddress.IPv6Loopback, 0);
        server.Start();
        using LinkStream stream = await DialAsync(Port(server));
        using Socket peer = await server.AcceptSocketAsync().WaitAsync(s_bound);
        stream.CloseWrite();
        (await ReadToEndAsync(peer)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0, null, "dial.failed: There is no port 0.")]
    [InlineData(65536, null, "dial.failed: There is no port 65536.")]
    [InlineData(80, "localhost", "dial.failed: 'localhost' is not an address.")]
    [InlineData(-1, null, "dial.refused: Nothing listens on port {0} of the VM.")]
    [InlineData(-1, "127.0.0.1", "dial.refused: Nothing listens on port {0} of the VM.")]
    public async Task What_cannot_be_reached_is_said(int port, string? address, string error)
    {
        int free = Port(_server);
        _server.Stop();
        using LinkStream stream = await RequestAsync(new DialRequest(port < 0 ? free : port, address));

        Frame frame = (await new FrameReader(stream).ReadAsync(CancellationToken.None).AsTask().WaitAsync(s_bound))!.Value;

        ErrorMessage said = FrameReader.Parse(frame.Payload, ProtocolJson.Default.ErrorMessage);
        $"{said.Code}: {said.Message}".ShouldBe(string.Format(System.Globalization.CultureInfo.InvariantCulture, error, free));
    }

    [Fact]
    public void Addresses_of_a_device_are_the_global_ones_of_the_kernels_table()
    {
        string[] table =
        [
            "00000000000000000000000000000001 01 80 10 80       lo",
            "fe800000000000005054000000000001 02 40 20 80     eth0",
            "fd000000000000000000000000000002 02 40 00 80     eth0",
            "fd000000000000000000000000000003 03 40 00 80     eth1",
            "no line",
            "zz 02 40 00 80 eth0",
        ];

        GuestAddresses.Parse(table, "eth0").ShouldBe([IPAddress.Parse("fd00::2")]);
    }

    private async Task<LinkStream> DialAsync(int port)
    {
        LinkStream stream = await RequestAsync(new DialRequest(port));
        Frame? reply = await new FrameReader(stream).ReadAsync(CancellationToken.None).AsTask().WaitAsync(s_bound);
        reply.ShouldNotBeNull().Type.ShouldBe(FrameType.Reply);
        return stream;
    }

    private async Task<LinkStream> RequestAsync(DialRequest request)
    {
        LinkStream stream = _pair.Host.Connect(AgentPorts.Service);
        using FrameWriter writer = new(stream);
        await writer.WriteJsonAsync(FrameType.Request, request, ProtocolJson.Default.AgentRequest, CancellationToken.None);
        return stream;
    }

    private Task<Socket> AcceptAsync() => _server.AcceptSocketAsync().WaitAsync(s_bound);

    private static int Port(TcpListener server) => ((IPEndPoint)server.LocalEndpoint).Port;

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        MemoryStream all = new();
        byte[] buffer = new byte[64 << 10];
        int got;
        while ((got = await socket.ReceiveAsync(buffer).WaitAsync(s_bound)) > 0)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }
}
