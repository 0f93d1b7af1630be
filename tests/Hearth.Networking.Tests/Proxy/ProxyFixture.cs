using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;
using Hearth.Networking.Proxy;
using Hearth.Networking.Tests.Egress;

namespace Hearth.Networking.Tests.Proxy;

/// <summary>
/// A proxy on loopback whose guests say where they were going, and whose way out ends at one server on loopback, whatever the
/// address; the server's side of each connection is taken from <see cref="AcceptAsync"/>.
/// </summary>
internal sealed class ProxyFixture : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    private readonly Socket _listener = Listen();
    private readonly Socket _server = Listen();
    private readonly CancellationTokenSource _end = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-proxy-").FullName;
    private readonly EgressLog _log;
    private readonly Task _serving;
    private readonly List<Socket> _sockets = [];

    public ProxyFixture(string[] allow, string[]? deny = null, ProxyOptions? options = null, IReadOnlyDictionary<IPAddress, IPAddress>? hostAccess = null)
    {
        _log = new EgressLog(Path.Combine(_directory, "egress.jsonl"), Time);
        EgressMode mode = allow.Length > 0 ? EgressMode.List : EgressMode.All;
        Gate = new EgressGate(EgressPolicyTests.Policy(mode, allow, deny ?? []), _log, Time) { IsHostAddress = static _ => false, HostAccess = hostAccess ?? new Dictionary<IPAddress, IPAddress>() };
        Proxy = new TransparentProxy(Gate, ResolveAsync, (options ?? new ProxyOptions()) with { OriginalDestination = _ => Destination, Connect = ConnectAsync }, Time);
        _serving = Proxy.ServeAsync(_listener, _end.Token);
    }

    public ManualTime Time { get; } = new();

    public EgressGate Gate { get; }

    public TransparentProxy Proxy { get; }

    /// <summary>Where the next guest was going.</summary>
    public IPEndPoint? Destination { get; set; } = new(IPAddress.Parse("203.0.113.1"), 443);

    /// <summary>What the proxy connected to, in order.</summary>
    public List<string> Connected { get; } = [];

    public Dictionary<string, string> Names { get; } = [];

    /// <summary>The lines of the log, without their times.</summary>
    public string[] Log => [.. File.ReadAllLines(Path.Combine(_directory, "egress.jsonl")).Select(static line => "{" + line[line.IndexOf("\"decision", StringComparison.Ordinal)..])];

    /// <summary>Notes that our resolver gave an address for a name.</summary>
    public void Grant(string name, string address) => Gate.Granted.Add(IPAddress.Parse(address), name, TimeSpan.FromMinutes(1));

    /// <summary>Connects in one system call: a reset that follows at once is seen by what is read then.</summary>
    public Socket ConnectGuest()
    {
        Socket guest = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(guest);
        guest.Connect(_listener.LocalEndPoint!);
        return guest;
    }

    public async Task<Socket> AcceptAsync()
    {
        using CancellationTokenSource bound = new(s_patience);
        Socket accepted = await _server.AcceptAsync(bound.Token);
        _sockets.Add(accepted);
        return accepted;
    }

    public static Task SendAsync(Socket to, string text) => to.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads exactly this many bytes.</summary>
    public static async Task<string> ReadAsync(Socket from, int bytes)
    {
        using CancellationTokenSource bound = new(s_patience);
        byte[] buffer = new byte[bytes];
        for (int got = 0; got < bytes;)
        {
            int step = await from.ReceiveAsync(buffer.AsMemory(got), SocketFlags.None, bound.Token);
            step.ShouldBeGreaterThan(0, $"the stream ended after '{Encoding.Latin1.GetString(buffer, 0, got)}'");
            got += step;
        }

        return Encoding.Latin1.GetString(buffer);
    }

    public static async Task ShouldEndAsync(Socket socket)
    {
        using CancellationTokenSource bound = new(s_patience);
        (await socket.ReceiveAsync(new byte[1], SocketFlags.None, bound.Token)).ShouldBe(0);
    }

    public static async Task ShouldBeResetAsync(Socket socket)
    {
        using CancellationTokenSource bound = new(s_patience);
        SocketException error = await Should.ThrowAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1], SocketFlags.None, bound.Token));
        error.SocketErrorCode.ShouldBe(SocketError.ConnectionReset);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        Proxy.Connections.ShouldBe(0);
        Proxy.Dispose();
        _sockets.ForEach(static socket => socket.Dispose());
        _listener.Dispose();
        _server.Dispose();
        _log.Dispose();
        _end.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static Socket Listen()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private Task<DnsAnswer?> ResolveAsync(string name, DnsRecordType type, CancellationToken cancellationToken)
    {
        IPAddress? address = Names.TryGetValue(name, out string? text) ? IPAddress.Parse(text) : null;
        bool isOfType = address?.AddressFamily == (type == DnsRecordType.A ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6);
        return Task.FromResult<DnsAnswer?>(new DnsAnswer(new DnsQuestion(name, type, 1), [], isOfType ? [address!] : [], TimeSpan.FromMinutes(1)));
    }

    private async Task<Socket> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken)
    {
        lock (Connected)
        {
            Connected.Add(destination.ToString());
        }

        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_server.LocalEndPoint!, cancellationToken);
        return socket;
    }
}
