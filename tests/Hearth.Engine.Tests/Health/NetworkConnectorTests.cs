using System.Net;
using System.Net.Sockets;
using Hearth.Engine.Dialing;
using Hearth.Networking.Ports;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Tests.Health;

/// <summary>Which way a check goes: through the VM's network, or through its agent.</summary>
public sealed class NetworkConnectorTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Agent _agent = new();

    public NetworkConnectorTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_port_that_the_network_reaches_is_not_asked_of_the_agent()
    {
        await using Stream stream = await ConnectAsync(ToListenerAsync, CancellationToken.None);

        using Socket inside = await _listener.AcceptSocketAsync();
        stream.ShouldBeAssignableTo<IHalfClose>()!.CloseWrite();
        (await inside.ReceiveAsync(new byte[1])).ShouldBe(0);
        _agent.Asked.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_that_is_left_is_reset()
    {
        Stream stream = await ConnectAsync(ToListenerAsync, CancellationToken.None);
        using Socket inside = await _listener.AcceptSocketAsync();
        await stream.DisposeAsync();

        (await Should.ThrowAsync<SocketException>(inside.ReceiveAsync(new byte[1]))).SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused)]
    [InlineData(SocketError.HostUnreachable)]
    public async Task What_the_network_refuses_is_asked_of_the_agent(SocketError error)
    {
        (await ConnectAsync((_, _) => throw new SocketException((int)error), CancellationToken.None)).ShouldBeSameAs(_agent.Answer);
    }

    [Fact]
    public async Task What_the_network_does_not_answer_is_asked_of_the_agent_in_time()
    {
        (await ConnectAsync(NeverAsync, CancellationToken.None, patience: TimeSpan.FromMilliseconds(20)).WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeSameAs(_agent.Answer);
    }

    [Fact]
    public async Task A_check_that_is_ended_asks_nobody_else()
    {
        using CancellationTokenSource end = new();
        Task<Stream> connecting = ConnectAsync(NeverAsync, end.Token);
        await end.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(connecting);

        _agent.Asked.ShouldBe(0);
    }

    private static async Task<Socket> NeverAsync(int port, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException();
    }

    private async Task<Socket> ToListenerAsync(int port, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndpoint, cancellationToken);
        return socket;
    }

    private Task<Stream> ConnectAsync(Func<int, CancellationToken, Task<Socket>> network, CancellationToken end, TimeSpan? patience = null) =>
        new NetworkConnector(new Ports(network), _agent, patience ?? TimeSpan.FromMinutes(1), TimeProvider.System).ConnectAsync(80, end).AsTask();

    private sealed class Ports(Func<int, CancellationToken, Task<Socket>> connect) : IGuestPorts
    {
        public Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken) => connect(port, cancellationToken);

        public Task<LoopbackConnection?> ConnectLoopbackAsync(int port, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Socket OpenDatagramSocket(int port) => throw new NotSupportedException();
    }

    private sealed class Agent : IGuestConnector
    {
        public Stream Answer { get; } = new MemoryStream();

        public int Asked { get; private set; }

        public ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
        {
            Asked++;
            return new ValueTask<Stream>(Answer);
        }
    }
}
