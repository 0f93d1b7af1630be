using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Processes;
using Hearth.Networking.Kernel;
using Hearth.Networking.Topology;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>
/// A host and a world, each a namespace: <c>guest — VM's namespace — hearth-… host h0 198.51.100.1 — 198.51.100.2 w0 world 203.0.113.1</c>, likewise
/// <c>2001:db8:1::1 — ::2</c> and <c>2001:db8:2::1</c>. The world knows the host's link and nothing of guests.
/// </summary>
internal sealed class KernelHost : IDisposable
{
    public const string Near = "198.51.100.1";
    public const string Near6 = "2001:db8:1::1";
    public const string Outside = "203.0.113.1";
    public const string Outside6 = "2001:db8:2::1";
    public const int Mtu = 1420;

    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-kernel-host-").FullName;
    private readonly List<Socket> _sockets = [];

    public KernelHost()
    {
        Network = new HostNetwork(Host, _directory);
        foreach (NetworkNamespace space in (NetworkNamespace[])[Host, World])
        {
            space.Configure(("ipv6/conf/default/accept_dad", "0")); // What is compared before and after does not change by itself.
        }

        Ip(Host, $"link add h0 mtu {Mtu} type veth peer name w0 mtu {Mtu} netns {PathOf(World)}", $"addr add {Near}/24 dev h0", $"-6 addr add {Near6}/64 dev h0 nodad", "link set h0 up");
        Ip(
            World, "addr add 198.51.100.2/24 dev w0", "-6 addr add 2001:db8:1::2/64 dev w0 nodad", "link set w0 up", $"addr add {Outside}/32 dev lo", $"-6 addr add {Outside6}/128 dev lo nodad");
        Ip(Host, "route add default via 198.51.100.2", "-6 route add default via 2001:db8:1::2");
        Host.Configure(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"));
    }

    public NetworkNamespace Host { get; } = NetworkNamespace.Create(ownUsers: false);

    public NetworkNamespace World { get; } = NetworkNamespace.Create(ownUsers: false);

    public HostNetwork Network { get; }

    public string RuntimeDirectory => _directory;

    public static void Require()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "the host's network is root's");
        foreach (string program in (string[])["ip", "nft", "nsenter"])
        {
            Skip.If(ToolProcess.Find(program) is null, $"{program} is not installed");
        }

        Skip.IfNot(File.Exists("/dev/net/tun"), "there is no /dev/net/tun");
    }

    /// <summary>An id as VMs have it, told from others by its first letters.</summary>
    public static string Id(int number) => number.ToString("x8", CultureInfo.InvariantCulture) + new string('a', 56);

    public Task<VmNetwork> OpenAsync(int number, NetworkMode mode = NetworkMode.Bridged, string? prefix = null, long? bitsPerSecond = null) =>
        VmNetwork.OpenKernelAsync(Network, new KernelRequest(Id(number), mode, prefix), bitsPerSecond, static line => throw new InvalidOperationException(line), CancellationToken.None);

    /// <summary>Links, addresses, routes, neighbours, proxies and rules of the host.</summary>
    /// <summary>What there is of interfaces, addresses, routes, neighbours and rules. Of a peer whose namespace is on its way out ip(8) says that it cannot be named.</summary>
    public string Traces() => Shell(Host, "ip -o link; ip -o addr; ip route show table all; ip -6 route show table all; ip neigh show nud permanent; ip -6 neigh show proxy; nft list ruleset")
        .Replace("Error: Peer netns reference is invalid.\n", "", StringComparison.Ordinal);

    public static string Shell(NetworkNamespace space, string script)
    {
        ProcessStartInfo start = new("nsenter", [$"--net={PathOf(space)}", "sh", "-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process shell = Process.Start(start)!;
        Task<string> error = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return output + error.GetAwaiter().GetResult();
    }

    public static void Ip(NetworkNamespace space, params string[] commands) => Shell(space, string.Join(" && ", commands.Select(static command => $"ip {command}"))).ShouldBe("");

    public static string PathOf(NetworkNamespace space) => $"/proc/{Environment.ProcessId}/fd/{space.Handle.DangerousGetHandle()}";

    /// <summary>The next datagram, and whom it came from.</summary>
    public static async Task<(string From, byte[] Payload)> ReceiveAsync(Socket server)
    {
        byte[] buffer = new byte[1 << 16];
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(10));
        SocketReceiveFromResult got = await server.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(server.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0), bound.Token);
        return (((IPEndPoint)got.RemoteEndPoint).Address.ToString(), buffer[..got.ReceivedBytes]);
    }

    /// <summary>Sends a number of bytes over a new connection and has them sent back; whom the server saw. Null when it is refused, or not answered within the bound.</summary>
    public static async Task<string?> EchoAsync(Socket client, Socket server, int bytes, int milliseconds = 10_000)
    {
        using CancellationTokenSource bound = new(milliseconds);
        try
        {
            ValueTask<Socket> accepting = server.AcceptAsync(bound.Token);
            await client.ConnectAsync(server.LocalEndPoint!, bound.Token);
            using Socket peer = await accepting;
            byte[] sent = new byte[bytes];
            Random.Shared.NextBytes(sent);
            Task<byte[]> back = ReadAsync(client, bytes, bound.Token);
            Task relayed = RelayAsync(peer, bytes, bound.Token);
            await SendAllAsync(client, sent, bound.Token);
            (await back).AsSpan().SequenceEqual(sent).ShouldBeTrue("what came back is what was sent");
            await relayed;
            return ((IPEndPoint)peer.RemoteEndPoint!).Address.ToString();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task RelayAsync(Socket peer, int bytes, CancellationToken cancellationToken) => await SendAllAsync(peer, await ReadAsync(peer, bytes, cancellationToken), cancellationToken);

    private static async Task<byte[]> ReadAsync(Socket socket, int bytes, CancellationToken cancellationToken)
    {
        byte[] all = new byte[bytes];
        for (int at = 0; at < bytes;)
        {
            int got = await socket.ReceiveAsync(all.AsMemory(at), cancellationToken);
            got.ShouldBeGreaterThan(0);
            at += got;
        }

        return all;
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    public Socket Udp(NetworkNamespace space, string address, int port = 0) => Bound(space, address, port, SocketType.Dgram);

    public Socket Listen(NetworkNamespace space, string address, int port)
    {
        Socket socket = Bound(space, address, port, SocketType.Stream);
        socket.Listen();
        return socket;
    }

    public Socket Stream(NetworkNamespace space, string address) => Bound(space, address, 0, SocketType.Stream);

    public void Dispose()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        Host.Dispose();
        World.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private Socket Bound(NetworkNamespace space, string address, int port, SocketType type)
    {
        IPEndPoint local = new(IPAddress.Parse(address), port);
        Socket socket = space.OpenSocket(local.AddressFamily, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
        _sockets.Add(socket);
        socket.Bind(local);
        return socket;
    }
}
