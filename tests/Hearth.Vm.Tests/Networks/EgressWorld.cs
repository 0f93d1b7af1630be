using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Hearth.Linux.Namespaces;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>
/// A host and an Internet for VMs, each a network namespace: hearth is run in the one, this process serves in the other. Only so are there addresses that
/// are neither private nor the host's own, a way out for IPv6, and a metadata service.
/// </summary>
/// <remarks><c>guest — VM's namespace — host 198.51.100.1 — 198.51.100.2 net: 203.0.113.1, .2, 10.99.0.1, 169.254.169.254, 2001:db8:2::1</c>.</remarks>
internal sealed class EgressWorld : IAsyncDisposable
{
    public const string Resolver = "198.51.100.2";
    public const string Good = "203.0.113.1";
    public const string Evil = "203.0.113.2";
    public const string Private = "10.99.0.1";
    public const string Metadata = "169.254.169.254";
    public const string Host = "198.51.100.1";
    public const string Good6 = "2001:db8:2::1";

    /// <summary>A server there speaks first and repeats what it hears.</summary>
    public const int EchoPort = 7000;

    /// <summary>A server of TFTP, the one protocol on UDP that busybox speaks to any port.</summary>
    public const int TftpPort = 6900;

    private static readonly Lazy<EgressWorld> s_current = new(Make);

    private readonly NetworkNamespace _host = NetworkNamespace.Create(ownUsers: false);
    private readonly NetworkNamespace _net = NetworkNamespace.Create(ownUsers: false);
    private readonly List<Socket> _sockets = [];
    private readonly List<string> _asked = [];
    private readonly List<HearthCommand> _programs = [];
    private readonly TemporaryDirectory _files = new();

    /// <summary>The world of this run of tests; made by the first that needs it, and skipped where that cannot be.</summary>
    public static EgressWorld Current
    {
        get
        {
            TestRun.NeedNetwork();
            Skip.IfNot(Environment.IsPrivilegedProcess, "network namespaces without a user namespace need root");
            foreach (string program in (string[])["ip", "nft", "nsenter", "openssl"])
            {
                TestRun.NeedProgram(program);
            }

            return s_current.Value;
        }
    }

    /// <summary>The names that resolvers heard of.</summary>
    public string[] Asked
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked];
            }
        }
    }

    /// <summary>Runs hearth on the host. Only what starts a VM has to be: its supervisor then is there.</summary>
    public Task<Outcome> RunAsync(params string[] arguments) => HearthCommand.RunProgramAsync("nsenter", [Enter(_host), TestRun.Current.Binary, .. arguments]);

    /// <summary>As above, with another PATH.</summary>
    public Task<Outcome> RunWithPathAsync(string path, params string[] arguments) =>
        HearthCommand.RunProgramAsync("nsenter", [Enter(_host), "env", $"PATH={path}", TestRun.Current.Binary, .. arguments]);

    /// <summary>What a script prints on the host.</summary>
    public async Task<string> HostAsync(string script) => (await HearthCommand.RunProgramAsync("nsenter", Enter(_host), "sh", "-c", script)).Succeeded().Output;

    /// <summary>What a published port answers, asked on the host.</summary>
    public async Task<string> FetchAsync(string authority) => (await HearthCommand.RunProgramAsync("nsenter", Enter(_host), "busybox", "wget", "-qO-", $"http://{authority}/")).Succeeded().Line;

    /// <summary>Starts a VM that waits, with the world's resolver.</summary>
    public async Task<EgressVm> StartAsync(params string[] options)
    {
        string name = TestRun.Current.NewName();
        (await RunAsync(["run", "-d", "--name", name, "--dns", Resolver, .. options, "@busybox", "--", "sleep", "1000000"])).Succeeded();
        return new EgressVm(name);
    }

    public async ValueTask DisposeAsync()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        foreach (HearthCommand program in _programs)
        {
            program.Kill();
            await program.EndAsync();
            program.Dispose();
        }

        _files.Dispose();
        _host.Dispose();
        _net.Dispose();
    }

    private static EgressWorld Make()
    {
        EgressWorld world = new();
        TestRun.Current.AtEnd(() => world.DisposeAsync().AsTask());
        world.Connect();
        world.Serve();
        world.ServeTls();
        return world;
    }

    private static string Enter(NetworkNamespace space) => $"--net={PathOf(space)}";

    private static string PathOf(NetworkNamespace space) => $"/proc/{Environment.ProcessId}/fd/{space.Handle.DangerousGetHandle()}";

    private void Connect()
    {
        Ip(_host, $"link add h0 type veth peer name n0 netns {PathOf(_net)}", $"addr add {Host}/24 dev h0", "-6 addr add 2001:db8:1::1/64 dev h0 nodad", "link set h0 up");
        Ip(_net, $"addr add {Resolver}/24 dev n0", "-6 addr add 2001:db8:1::2/64 dev n0 nodad", "link set n0 up", $"-6 addr add {Good6}/128 dev lo nodad");
        foreach (string address in (string[])[Good, Evil, Private, Metadata])
        {
            Ip(_net, $"addr add {address}/32 dev lo");
        }

        Ip(_host, $"route add default via {Resolver}", "-6 route add default via 2001:db8:1::2");
        _host.Configure(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"));
    }

    private static void Ip(NetworkNamespace space, params string[] commands)
    {
        foreach (string command in commands)
        {
            using Process ip = Process.Start("nsenter", [Enter(space), "ip", .. command.Split(' ')]);
            ip.WaitForExit();
            ip.ExitCode.ShouldBe(0, command);
        }
    }

    private void Serve()
    {
        _ = AnswerNamesAsync(Bind(SocketType.Dgram, Resolver, 53));
        foreach (string address in (string[])[Good, Evil, Private, Metadata, Good6, Resolver])
        {
            _ = AcceptAsync(Bind(SocketType.Stream, address, 80), static client => AnswerAsync(client, (IPEndPoint)((NetworkStream)client).Socket.LocalEndPoint!));
        }

        foreach (string address in (string[])[Good, Evil])
        {
            _ = AcceptAsync(Bind(SocketType.Stream, address, EchoPort), EchoAsync);
            _ = AnswerTftpAsync(Bind(SocketType.Dgram, address, TftpPort));
        }
    }

    private Socket Bind(SocketType type, string address, int port)
    {
        IPEndPoint local = new(IPAddress.Parse(address), port);
        Socket socket = _net.OpenSocket(local.AddressFamily, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        _sockets.Add(socket);
        socket.Bind(local);
        if (type == SocketType.Stream)
        {
            socket.Listen();
        }

        return socket;
    }

    private static async Task AcceptAsync(Socket listener, Func<Stream, Task> serve)
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptAsync(), serve);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the tests.
        }
    }

    private static async Task ServeAsync(Socket client, Func<Stream, Task> serve)
    {
        try
        {
            await using NetworkStream stream = new(client, ownsSocket: true);
            await serve(stream);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Cut by the policy: the guest's side says what became of it.
        }
    }

    /// <summary>Says which address was reached by which Host.</summary>
    private static async Task AnswerAsync(Stream client, IPEndPoint local)
    {
        StringBuilder head = new();
        byte[] buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await client.ReadAsync(buffer) is var got and > 0)
        {
            head.Append(Encoding.ASCII.GetString(buffer, 0, got));
        }

        string host = head.ToString().Split("\r\n").FirstOrDefault(static line => line.StartsWith("Host:", StringComparison.OrdinalIgnoreCase))?[5..].Trim() ?? "";
        string body = $"{local.Address} {host}\n";
        await client.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
    }

    private static async Task EchoAsync(Stream client)
    {
        await client.WriteAsync("welcome\n"u8.ToArray());
        await client.CopyToAsync(client);
    }

    private async Task AnswerNamesAsync(Socket socket)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (true)
            {
                SocketReceiveFromResult question = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await socket.SendToAsync(Answer(buffer[..question.ReceivedBytes]), question.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the tests.
        }
    }

    private byte[] Answer(byte[] question)
    {
        List<string> labels = [];
        int end = 12;
        for (; question[end] != 0; end += question[end] + 1)
        {
            labels.Add(Encoding.ASCII.GetString(question, end + 1, question[end]));
        }

        string name = string.Join('.', labels).ToLowerInvariant();
        lock (_asked)
        {
            _asked.Add(name);
        }

        IPAddress[] addresses = [.. Addresses(name).Select(IPAddress.Parse).Where(address => question[end + 2] == (address.AddressFamily == AddressFamily.InterNetwork ? 1 : 28))];
        byte[] answer = [.. question[..(end + 5)], .. addresses.SelectMany(address => (byte[])[0xC0, 12, 0, question[end + 2], 0, 1, 0, 0, 0, 60, 0, (byte)address.GetAddressBytes().Length, .. address.GetAddressBytes()])];
        (answer[2], answer[3]) = (0x81, 0x80);
        (answer[7], answer[9], answer[11]) = ((byte)addresses.Length, 0, 0);
        return answer;
    }

    private static string[] Addresses(string name) => name switch
    {
        "good.example" => [Good, Good6],
        "beside.example" => [Good],
        "evil.example" or "udp.example" => [Evil],
        "rebind.example" => [Private],
        _ => [],
    };

    private static async Task AnswerTftpAsync(Socket socket)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (true)
            {
                SocketReceiveFromResult request = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                if (buffer[1] == 1) // A request to read; the acknowledgement of its one block is not waited for.
                {
                    await socket.SendToAsync((byte[])[0, 3, 0, 1, .. "datagrams\n"u8], request.RemoteEndPoint);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the tests.
        }
    }

    /// <summary>By openssl, with what busybox speaks: its ClientHello names no algorithms of signatures, which means SHA-1.</summary>
    private void ServeTls()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(_files["certificate"], made.ExportCertificatePem());
        File.WriteAllText(_files["key"], key.ExportPkcs8PrivateKeyPem());
        foreach (string address in (string[])[Good, Evil])
        {
            File.WriteAllText(_files[$"{address}.txt"], $"{address} by TLS\n");
            HearthCommand server = HearthCommand.StartProgram(
                "nsenter", Enter(_net), $"--wd={_files.Root}", "openssl", "s_server", "-WWW", "-quiet", "-accept", $"{address}:443", "-cert", "certificate", "-key", "key", "-cipher", "ALL:@SECLEVEL=0");
            _programs.Add(server);
        }
    }
}
