using System.Net;
using System.Net.Sockets;
using Hearth.Linux.Namespaces;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>
/// A host of its own and a world behind it, each a network namespace: hearth is run on the host, real servers stand in the world. So there are addresses that
/// are not the host's, ways out for IPv4 and IPv6, a link with the MTU of Ethernet between them, and a list of resolvers that a test may write.
/// </summary>
/// <remarks><c>guest — VM's namespace — host 198.51.100.1, 2001:db8:1::1 — 198.51.100.2, 2001:db8:1::2 world: 203.0.113.1, 2001:db8:2::1</c>.</remarks>
internal sealed class NetworkWorld : IAsyncDisposable
{
    public const string Host = "198.51.100.1";
    public const string Resolver = "198.51.100.2";
    public const string Web = "203.0.113.1";
    public const string Web6 = "2001:db8:2::1";
    public const int EchoPort = 7000;
    public const int UploadPort = 8080;

    /// <summary>A name with so many addresses that they do not fit a datagram.</summary>
    public const string Many = "many.world.test";
    public const int ManyAddresses = 60;

    /// <summary>A resolver of the host that listens on its loopback alone, a name that nobody else knows, and its address.</summary>
    public const string LoopbackResolver = "127.0.0.1";
    public const string LoopbackName = "loopback.host.test";
    public const string LoopbackAnswer = "192.0.2.77";

    /// <summary>Of the file <c>bulk</c>.</summary>
    public const int BulkBytes = 16 << 20;

    private const string Host6 = "2001:db8:1::1";
    private const string Resolver6 = "2001:db8:1::2";

    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(1);
    private static readonly Lazy<Task<NetworkWorld>> s_current = new(MakeAsync);

    private readonly NetworkNamespace _host = NetworkNamespace.Create(ownUsers: false);
    private readonly NetworkNamespace _world = NetworkNamespace.Create(ownUsers: false);
    private readonly List<HearthCommand> _programs = [];
    private readonly List<IDisposable> _servers = [];
    private readonly TemporaryDirectory _files = new();

    /// <summary>The modes that every test of what a network does is made in.</summary>
    public static TheoryData<string> Modes => ["rootless", "bridged", "routed"];

    /// <summary>SHA-256 of the file <c>bulk</c> that the web server has, as sha256sum prints it.</summary>
    public string BulkHash { get; private set; } = "";

    /// <summary>The world of this run of tests; made by the first that needs it, and skipped where that cannot be.</summary>
    public static Task<NetworkWorld> CurrentAsync()
    {
        TestRun.NeedNetwork();
        Skip.IfNot(Environment.IsPrivilegedProcess, "network namespaces without a user namespace need root");
        foreach (string program in (string[])["ip", "nft", "nsenter", "unshare", "nginx", "dnsmasq", "perl", "getent", "busybox"])
        {
            TestRun.NeedProgram(program);
        }

        return s_current.Value;
    }

    /// <summary>Runs hearth on the host, with the world's resolver. Only what starts a VM has to be: its supervisor then is there.</summary>
    public Task<Outcome> RunAsync(params string[] arguments) => RunWithResolversAsync(_files["resolv.conf"], arguments);

    /// <summary>As above, with another file as the host's /etc/resolv.conf.</summary>
    public Task<Outcome> RunWithResolversAsync(string resolvers, params string[] arguments) => HearthCommand.RunProgramAsync(
        "nsenter", [Enter(_host), "unshare", "-m", "sh", "-c", "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"", resolvers, TestRun.Current.Binary, .. arguments]);

    /// <summary>Starts a VM of the image of tools.</summary>
    /// <param name="mode">One of <see cref="Modes"/>.</param>
    /// <param name="options">More options of <c>run</c>.</param>
    /// <param name="script">What its container does.</param>
    /// <param name="resolvers">The host's /etc/resolv.conf; null for the world's.</param>
    public async Task<WorldVm> StartAsync(string mode, string[] options, string script = "sleep 1000000", string? resolvers = null)
    {
        string name = TestRun.Current.NewName();
        string image = await ToolImage.NameAsync();
        (await RunWithResolversAsync(resolvers ?? _files["resolv.conf"], ["run", "-d", "--name", name, "--network", mode, .. options, image, "--", "sh", "-c", script])).Succeeded();
        return new WorldVm(this, name);
    }

    /// <summary>Runs a shell script on the host, or in the world.</summary>
    public async Task<string> ShellAsync(string script, bool inWorld = false) =>
        (await HearthCommand.RunProgramAsync("nsenter", Enter(inWorld ? _world : _host), "sh", "-c", script)).Succeeded().Line;

    /// <summary>Sends a datagram to a published port, on the host, and returns what comes back.</summary>
    public async Task<byte[]> AskAsync(IPEndPoint to, byte[] datagram)
    {
        using Socket socket = _host.OpenSocket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        using CancellationTokenSource bound = new(s_bound);
        await socket.ConnectAsync(to, bound.Token);
        await socket.SendAsync(datagram, bound.Token);
        byte[] answer = new byte[65535];
        return answer[..await socket.ReceiveAsync(answer, bound.Token)];
    }

    public async ValueTask DisposeAsync()
    {
        _servers.ForEach(static server => server.Dispose());
        foreach (HearthCommand program in _programs)
        {
            program.Kill();
            await program.EndAsync();
            program.Dispose();
        }

        _files.Dispose();
        _host.Dispose();
        _world.Dispose();
    }

    private static async Task<NetworkWorld> MakeAsync()
    {
        NetworkWorld world = new();
        TestRun.Current.AtEnd(() => world.DisposeAsync().AsTask());
        await world.ConnectAsync();
        await File.WriteAllTextAsync(world._files["resolv.conf"], $"nameserver {Resolver}\n");
        await world.ServeWebAsync();
        await world.StartResolverAsync(
            world._world, Resolver,
            [$"--host-record=a.world.test,{Web},{Web6}", .. Enumerable.Range(1, ManyAddresses).Select(static i => $"--host-record={Many},192.0.2.{i}")]);
        await world.StartResolverAsync(world._host, LoopbackResolver, $"--host-record={LoopbackName},{LoopbackAnswer}");
        foreach (string address in (string[])[Web, Web6])
        {
            world._servers.Add(new UdpEcho(world._world, new IPEndPoint(IPAddress.Parse(address), EchoPort)));
        }

        world._servers.Add(new UploadServer(world._world, new IPEndPoint(IPAddress.Parse(Web), UploadPort)));
        return world;
    }

    private static string Enter(NetworkNamespace space) => $"--net={PathOf(space)}";

    private static string PathOf(NetworkNamespace space) => $"/proc/{Environment.ProcessId}/fd/{space.Handle.DangerousGetHandle()}";

    private async Task ConnectAsync()
    {
        // Echo requests of guests leave by sockets that the host has to allow.
        _host.Configure(("ipv4/ping_group_range", "0 2147483647"), ("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"));
        await ShellAsync($"""
            ip -batch - <<EOF
            link add h0 type veth peer name w0 netns {PathOf(_world)}
            addr add {Host}/24 dev h0
            addr add {Host6}/64 dev h0 nodad
            link set h0 up
            EOF
            """);
        await ShellAsync(
            $"""
            ip -batch - <<EOF
            addr add {Resolver}/24 dev w0
            addr add {Resolver6}/64 dev w0 nodad
            link set w0 up
            addr add {Web}/32 dev lo
            addr add {Web6}/128 dev lo nodad
            EOF
            """,
            inWorld: true);
        await ShellAsync($"ip route add default via {Resolver} && ip -6 route add default via {Resolver6}");
    }

    private async Task ServeWebAsync()
    {
        byte[] bulk = new byte[BulkBytes];
        new Random(4).NextBytes(bulk);
        bulk.AsSpan().Replace((byte)0, (byte)1); // wget takes what it posts for text.
        BulkHash = $"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bulk))}  -";
        Directory.CreateDirectory(_files["web"]);
        await File.WriteAllBytesAsync(_files["web/bulk"], bulk);
        await File.WriteAllTextAsync(_files["nginx.conf"], $$"""
            user root;
            daemon off;
            master_process off;
            error_log stderr notice;
            pid {{_files["nginx.pid"]}};
            events { }
            http {
                access_log off;
                client_body_temp_path {{_files["body"]}};
                proxy_temp_path {{_files["proxy"]}};
                fastcgi_temp_path {{_files["fastcgi"]}};
                uwsgi_temp_path {{_files["uwsgi"]}};
                scgi_temp_path {{_files["scgi"]}};
                server {
                    listen {{Web}}:80;
                    listen [{{Web6}}]:80;
                    root {{_files["web"]}};
                    location = /address { return 200 "$remote_addr\n"; }
                }
            }
            """);
        await StartAsync(_world, "getrlimit", "nginx", "-p", _files.Root, "-c", _files["nginx.conf"]); // The last that it says, after it listens.
    }

    private Task StartResolverAsync(NetworkNamespace space, string address, params string[] records) => StartAsync(
        space, "started, version",
        ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", $"--listen-address={address}", "--bind-interfaces", .. records]);

    private async Task StartAsync(NetworkNamespace space, string ready, params string[] command)
    {
        HearthCommand server = HearthCommand.StartProgram("nsenter", [Enter(space), .. command]);
        _programs.Add(server);
        await server.ErrorAsync(ready);
    }
}
