using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Dialing;
using Hearth.Engine.Health;

namespace Hearth.Engine.Tests.Health;

/// <summary>HTTP and TCP checks against a server on loopback that says what the test wants.</summary>
public sealed class NetworkProbeTests
{
    private readonly HealthOutput _output = new();

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfine\n", 0, "HTTP 200 OK\nfine\n")]
    [InlineData("HTTP/1.1 399\r\n\r\n", 0, "HTTP 399\n")]
    [InlineData("HTTP/1.1 199 x\r\n\r\n", 1, "HTTP 199 x\n")]
    [InlineData("HTTP/1.1 400 Bad\r\n\r\nsorry", 1, "HTTP 400 Bad\nsorry")]
    [InlineData("", 1, "the server closed the connection without an answer")]
    [InlineData("hello\r\n", 1, "the answer is not HTTP")]
    public async Task The_status_decides(string answer, int code, string output)
    {
        await using Server server = new(answer);
        HealthSpec spec = new() { Kind = HealthProbeKind.Http, Port = server.Port, Path = "/healthz?x=1", Host = "app" };

        (await new HttpProbe(server, spec, TimeProvider.System).CheckAsync(_output, CancellationToken.None)).ShouldBe(code);

        _output.ToString().ShouldBe(output);
        (await server.RequestAsync()).ShouldStartWith($"GET /healthz?x=1 HTTP/1.1\r\nHost: app:{server.Port}\r\n");
    }

    [Fact]
    public async Task What_it_says_is_cut_at_4_KiB()
    {
        await using Server server = new("HTTP/1.1 200 OK\r\n\r\n" + new string('x', 100_000));

        (await new HttpProbe(server, new HealthSpec { Kind = HealthProbeKind.Http, Port = server.Port }, TimeProvider.System).CheckAsync(_output, CancellationToken.None)).ShouldBe(0);

        _output.ToString().ShouldBe("HTTP 200 OK\n" + new string('x', HealthOutput.MostBytes - 12) + "...");
    }

    [Fact]
    public async Task A_port_that_accepts_is_well_and_one_that_refuses_is_not()
    {
        Server server = new("220 ready\r\n");
        (await new TcpProbe(server, server.Port, TimeProvider.System).CheckAsync(_output, CancellationToken.None)).ShouldBe(0);
        await server.DisposeAsync();

        (await new TcpProbe(server, server.Port, TimeProvider.System).CheckAsync(_output, CancellationToken.None)).ShouldBe(1);

        _output.ToString().ShouldBe($"Connected to port {server.Port}.Nothing listens there.");
    }

    private sealed class Server : IGuestConnector, IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task<string> _serving;

        public Server(string answer)
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _serving = ServeAsync(answer);
        }

        public int Port { get; }

        public Task<string> RequestAsync() => _serving.WaitAsync(TimeSpan.FromSeconds(10));

        public async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                throw new HearthException("dial.refused", "Nothing listens there.", null, 1, e);
            }
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await _serving.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        private async Task<string> ServeAsync(string answer)
        {
            using Socket client = await _listener.AcceptSocketAsync();
            byte[] request = new byte[4096];
            int got = answer.StartsWith("220", StringComparison.Ordinal) ? 0 : await client.ReceiveAsync(request);
            await client.SendAsync(Encoding.Latin1.GetBytes(answer));
            client.Shutdown(SocketShutdown.Send);
            return Encoding.Latin1.GetString(request, 0, got);
        }
    }
}
