using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Hearth.Vm.Tests.Harness;

namespace Hearth.Vm.Tests.Networks;

/// <summary>A rootless network from both of its sides. The outside is this host, by an address that is not loopback.</summary>
public sealed class NetworkTests
{
    private const string Server = "mkdir -p /w && echo served > /w/index.html && httpd -p 80 -h /w && echo up && exec sleep 1000000";

    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(1);

    public NetworkTests() => TestRun.NeedNetwork();

    [SkippableFact]
    public async Task A_guest_reaches_others_and_asks_the_gateway_for_names()
    {
        IPAddress host = HostAddress();
        using TcpListener listener = new(host, 0);
        listener.Start();
        Task<string> asked = GreetAsync(listener);

        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", "@busybox", "--", "sh", "-c", $"wget -qO- http://{host}:{Port(listener)}/; cat /etc/resolv.conf; ip route; cat /sys/class/net/eth0/mtu");

        outcome.Succeeded().Lines[0].ShouldBe("welcome");
        outcome.Lines.ShouldContain("nameserver 10.0.2.1");
        outcome.Lines.ShouldContain(static line => line.StartsWith("default via 10.0.2.1 dev eth0", StringComparison.Ordinal));
        outcome.Lines[^1].ShouldBe("65520");
        (await asked.WaitAsync(s_bound)).ShouldStartWith("GET / HTTP/1.1");
    }

    [SkippableFact]
    public async Task A_connection_that_is_refused_is_refused_in_the_guest_too()
    {
        IPAddress host = HostAddress();

        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "@busybox", "--", "wget", "-qO-", $"http://{host}:{FreePort()}/");

        outcome.Ended(1).Error.ShouldContain("Connection refused");
    }

    [SkippableFact]
    public async Task Datagrams_go_out_and_their_answers_come_back()
    {
        IPAddress host = HostAddress();
        using UdpClient server = BindResolver(host.ToString());
        Task answering = AnswerNamesAsync(server);

        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "@busybox", "--", "nslookup", "-type=a", "somewhere.hearth.test", host.ToString());

        outcome.Succeeded().Output.ShouldContain("192.0.2.55");
        server.Dispose();
        await answering.WaitAsync(s_bound);
    }

    [SkippableFact]
    public async Task Names_are_answered_by_a_resolver_on_the_hosts_loopback_alone()
    {
        using UdpClient resolver = BindResolver("127.0.0.77");
        Task answering = AnswerNamesAsync(resolver);

        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", "--dns", "127.0.0.77", "--dns-search", "hearth.test", "--add-host", "other:192.0.2.9", "@busybox", "--", "sh", "-c", "nslookup -type=a box.hearth.test; cat /etc/resolv.conf /etc/hosts");

        outcome.Succeeded().Output.ShouldContain("192.0.2.55");
        outcome.Lines.ShouldContain("search hearth.test");
        outcome.Lines.ShouldContain("192.0.2.9\tother");
        resolver.Dispose();
        await answering.WaitAsync(s_bound);
    }

    [SkippableFact]
    public async Task Published_ports_lead_to_the_guest_and_are_shown_added_and_removed()
    {
        await using LazyVm vm = new("-p", "80", "-p", "[::1]::80", "@busybox", "--", "sh", "-c", Server);
        string name = await vm.NameAsync();
        await ServesAsync(name);
        string[] shown = (await HearthCommand.RunAsync("port", name)).Succeeded().Lines;

        shown.Length.ShouldBe(2);
        shown[0].ShouldStartWith("80/tcp -> 127.0.0.1:");
        shown[1].ShouldStartWith("80/tcp -> [::1]:");
        foreach (string line in shown)
        {
            (await GetAsync(line["80/tcp -> ".Length..])).ShouldBe("served\n");
        }

        int free = FreePort();
        (await HearthCommand.RunAsync("port", "add", name, $"{free}:80")).Succeeded();
        (await GetAsync($"127.0.0.1:{free}")).ShouldBe("served\n");
        (await HearthCommand.RunAsync("inspect", "--format", "{{json .NetworkSettings.Ports}}", name)).Succeeded().Output.ShouldContain($"\"{free}\"");
        (await HearthCommand.RunAsync("port", "rm", name, $"{free}:80")).Succeeded();
        (await HearthCommand.RunAsync("port", name)).Succeeded().Lines.ShouldBe(shown);
        (await HearthCommand.RunAsync("port", "rm", name, $"{free}:80")).Ended(1).Error.ShouldContain("not published");
        using TcpClient refused = new();
        await Should.ThrowAsync<SocketException>(() => refused.ConnectAsync(IPAddress.Loopback, free));
    }

    [SkippableFact]
    public async Task A_service_that_listens_on_the_guests_loopback_alone_is_published_too()
    {
        await using LazyVm vm = new("-p", "80", "@busybox", "--", "sh", "-c", Server.Replace("-p 80", "-p 127.0.0.1:80", StringComparison.Ordinal));
        string name = await vm.NameAsync();
        await ServesAsync(name);

        string address = (await HearthCommand.RunAsync("port", name, "80")).Succeeded().Line;

        (await GetAsync(address)).ShouldBe("served\n");
        (await GetAsync(address)).ShouldBe("served\n");
    }

    [SkippableFact]
    public async Task A_port_that_is_in_use_ends_the_run_before_anything_boots()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        string name = TestRun.Current.NewName();

        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "--name", name, "-p", $"{Port(taken)}:80", "@busybox", "--", "true");

        outcome.Ended(125).Error.ShouldContain($"127.0.0.1:{Port(taken)}/tcp is in use");
        (await HearthCommand.RunAsync("ps", "-aq", "--filter", $"name={name}")).Succeeded().Output.ShouldBe("");
    }

    [SkippableFact]
    public async Task Without_a_network_there_is_loopback_alone()
    {
        Outcome outcome = await HearthCommand.RunAsync("run", "--rm", "--network", "none", "@busybox", "--", "ls", "/sys/class/net");

        outcome.Succeeded().Lines.ShouldBe(["lo"]);
        (await HearthCommand.RunAsync("run", "--network", "none", "-p", "80", "@busybox")).Ended(125).Error.ShouldContain("exclude each other");
        (await HearthCommand.RunAsync("run", "--network", "moon", "@busybox")).Ended(125).Error.ShouldContain("There is no network moon.");
    }

    [SkippableFact]
    public async Task Copies_have_hardware_addresses_and_ports_of_their_own_and_reach_others_in_their_first_exec()
    {
        IPAddress host = HostAddress();
        await using LazyVm vm = new("-p", "80", "@busybox", "--", "sh", "-c", Server);
        string source = await vm.NameAsync();
        await ServesAsync(source);
        string one = TestRun.Current.NewName();
        string other = TestRun.Current.NewName();
        HashSet<string> stations = [await StationAsync(source)];
        HashSet<string> ports = [.. (await HearthCommand.RunAsync("port", source)).Succeeded().Lines];
        foreach (string copy in (string[])[one, other])
        {
            (await HearthCommand.RunAsync("fork", source, "--name", copy)).Succeeded();
            using TcpListener listener = new(host, 0);
            listener.Start();
            Task<string> asked = GreetAsync(listener);

            (await HearthCommand.RunAsync("exec", copy, "wget", "-qO-", $"http://{host}:{Port(listener)}/")).Succeeded().Line.ShouldBe("welcome");

            await asked.WaitAsync(s_bound);
            stations.Add(await StationAsync(copy)).ShouldBeTrue();
            string[] shown = (await HearthCommand.RunAsync("port", copy, "80")).Succeeded().Lines;
            ports.Add(shown.ShouldHaveSingleItem()).ShouldBeTrue();
            (await GetAsync(shown[0])).ShouldBe("served\n");
            (await HearthCommand.RunAsync("inspect", "--format", "{{.NetworkSettings.MacAddress}}", copy)).Succeeded().Line.ShouldBe(await StationAsync(copy));
        }

        (await HearthCommand.RunAsync("rm", "-f", one, other)).Succeeded();
    }

    [SkippableFact]
    public async Task A_vm_that_was_suspended_has_its_network_and_its_ports_when_it_goes_on()
    {
        IPAddress host = HostAddress();
        int port = FreePort();
        await using LazyVm vm = new("-p", $"{port}:80", "@busybox", "--", "sh", "-c", Server);
        string name = await vm.NameAsync();
        await ServesAsync(name);

        (await HearthCommand.RunAsync("suspend", name)).Succeeded();
        (await HearthCommand.RunAsync("port", name)).Succeeded().Output.ShouldBe("");
        (await HearthCommand.RunAsync("resume", name)).Succeeded();

        (await GetAsync($"127.0.0.1:{port}")).ShouldBe("served\n");
        using TcpListener listener = new(host, 0);
        listener.Start();
        Task<string> asked = GreetAsync(listener);
        (await vm.ExecAsync("wget", "-qO-", $"http://{host}:{Port(listener)}/")).Succeeded().Line.ShouldBe("welcome");
        await asked.WaitAsync(s_bound);
    }

    [SkippableFact]
    public async Task A_guest_that_forges_its_hardware_address_is_not_heard()
    {
        Outcome outcome = await HearthCommand.RunAsync(
            "run", "--rm", "--privileged", "@busybox", "--", "sh", "-c",
            $"ip link set eth0 address 02:00:00:00:00:99; arping -c 2 -w 3 -I eth0 10.0.2.1 | grep Received");

        outcome.Succeeded().Output.ShouldContain("Received 0 response");
    }

    [SkippableFact]
    public async Task Nothing_of_a_network_outlives_its_supervisor()
    {
        IPAddress host = HostAddress();
        await using LazyVm vm = new("@busybox", "--", "sleep", "1000000");
        string name = await vm.NameAsync();
        using TcpListener listener = new(host, 0);
        listener.Start();
        Task<string> asked = GreetAsync(listener);
        (await vm.ExecAsync("wget", "-qO-", $"http://{host}:{Port(listener)}/")).Succeeded();
        await asked.WaitAsync(s_bound);
        int supervisor = int.Parse((await HearthCommand.RunAsync("inspect", "--format", "{{.Hearth.SupervisorPid}}", name)).Succeeded().Line, CultureInfo.InvariantCulture);
        using Process pasta = Process.GetProcessById(ChildrenOf(supervisor).Single(static pid => File.ReadAllText($"/proc/{pid}/comm").StartsWith("pas", StringComparison.Ordinal)));

        Process.GetProcessById(supervisor).Kill();

        await pasta.WaitForExitAsync().WaitAsync(s_bound);
    }

    private static IEnumerable<int> ChildrenOf(int parent) => Directory.EnumerateDirectories("/proc")
        .Select(static path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out int pid) ? pid : 0)
        .Where(pid => pid > 0 && ParentOf(pid) == parent);

    private static int ParentOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task<string> StationAsync(string vm) => (await HearthCommand.RunAsync("exec", vm, "cat", "/sys/class/net/eth0/address")).Succeeded().Line;

    private static async Task ServesAsync(string vm)
    {
        using HearthCommand logs = HearthCommand.Start("logs", "-f", vm);
        await logs.OutputAsync("up\n");
    }

    private static async Task<string> GetAsync(string authority)
    {
        using HttpClient client = new() { Timeout = s_bound };
        return await client.GetStringAsync(new Uri($"http://{authority}/"));
    }

    /// <summary>Answers one request with a line, as a web server, and returns the request.</summary>
    private static async Task<string> GreetAsync(TcpListener listener)
    {
        using Socket client = await listener.AcceptSocketAsync();
        StringBuilder asked = new();
        byte[] buffer = new byte[1000];
        while (!asked.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await client.ReceiveAsync(buffer) is var got and > 0)
        {
            asked.Append(Encoding.ASCII.GetString(buffer, 0, got));
        }

        await client.SendAsync("HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\nwelcome\n"u8.ToArray());
        return asked.ToString();
    }

    /// <summary>Answers every question with one A record.</summary>
    private static async Task AnswerNamesAsync(UdpClient resolver)
    {
        try
        {
            while (true)
            {
                UdpReceiveResult question = await resolver.ReceiveAsync();
                int end = 12;
                while (question.Buffer[end] != 0)
                {
                    end += question.Buffer[end] + 1;
                }

                byte[] answer = [.. question.Buffer[..(end + 5)], 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 55];
                (answer[2], answer[3]) = (0x81, 0x80);
                (answer[7], answer[9], answer[11]) = (1, 0, 0);
                await resolver.SendAsync(answer, question.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static UdpClient BindResolver(string address)
    {
        try
        {
            return new UdpClient(new IPEndPoint(IPAddress.Parse(address), 53));
        }
        catch (SocketException e)
        {
            throw new SkipException($"Port 53 cannot be bound: {e.Message}");
        }
    }

    private static IPAddress HostAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static link => link.OperationalStatus == OperationalStatus.Up && link.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(static link => link.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? throw new SkipException("This host has no address but loopback.");

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return Port(listener);
    }
}
