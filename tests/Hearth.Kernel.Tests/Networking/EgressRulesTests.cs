using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Core.Specs;
using Hearth.Kernel.Tests.Guest;
using Hearth.Linux.Processes;
using Hearth.Linux.Sockets;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;
using Hearth.Networking.Proxy;
using Hearth.Networking.Rules;
using static Hearth.Kernel.Tests.Networking.GuestNetwork;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>The rule sets in the kernel, with a guest that tries to get around them.</summary>
public sealed class EgressRulesTests
{
    private static readonly string[] s_manyRules =
    [
        "a.example", "*.b.example:443", "*:80", "ntp.example:123/udp", "voip.example:5060,8000-8100/udp", "any.example/udp", "ping.example/icmp",
        "203.0.113.0/24", "0.0.0.0/0:443", "::/0", "10.0.0.0/8:53,853,852-860/udp", "169.254.0.0/16/icmp", "[2001:db8::/32]:1000-2000", "fd12::/16/udp", "100.64.0.0/10", "198.51.100.7/icmp",
    ];

    [SkippableFact]
    public void Every_form_of_rule_is_taken_by_nft_and_replaced_in_one_transaction()
    {
        Require();
        using GuestNetwork network = new();
        GrantedAddress[] granted = [new(IPAddress.Parse("203.0.113.1"), ["ntp.example", "any.example", "ping.example"], TimeSpan.FromMinutes(3)), new(IPAddress.Parse("2001:db8:2::1"), ["ntp.example"], TimeSpan.FromMinutes(3))];
        VmRuleSet many = Rules(EgressMode.List, s_manyRules, s_manyRules[1..9], generation: 2) with { OpenNetworks = [IPNetwork.Parse("10.0.3.0/24"), IPNetwork.Parse("fd00:3::/64")], HostAddresses = [IPAddress.Parse("203.0.113.9"), IPAddress.Parse("2001:db8:2::9")] };

        foreach (VmRuleSet rules in (VmRuleSet[])[Rules(EgressMode.All, []), Rules(EgressMode.None, []), Rules(EgressMode.List, []), many, Rules(EgressMode.All, [], s_manyRules)])
        {
            string text = NftRules.Load(rules, granted);
            network.Nft(text, "-c").ShouldBe("");
            network.Nft(text).ShouldBe("");
            network.Nft(text).ShouldBe("", "the same again, in place of it");
        }

        network.Nft(NftRules.Unload()).ShouldBe("");
        network.Listing().ShouldBe("");
    }

    [SkippableFact]
    public void A_rule_set_loads_in_a_network_of_a_user_namespace()
    {
        Skip.If(ToolProcess.Find("nft") is null || ToolProcess.Find("unshare") is null, "nftables or util-linux is not installed");
        Skip.If(Shell("unshare -rn true", "") != "", "there are no user namespaces");

        Shell(
            "unshare -rn sh -c 'ip link add tap0 type veth peer name up0 && nft -f -'",
            NftRules.Load(Rules(EgressMode.List, s_manyRules), [])).ShouldBe("");

        // As many as a VM may have, in the one message that a socket there can send.
        string[] networks = [.. Enumerable.Range(0, 4096).Select(static i => $"203.{i / 256}.{i % 256}.0/25")];
        Shell(
            "unshare -rn sh -c 'ip link add tap0 type veth peer name up0 && nft -f -'",
            NftRules.Load(Rules(EgressMode.List, networks), [])).ShouldBe("");
    }

    [SkippableFact]
    public void An_address_is_opened_again_with_its_new_time()
    {
        Require();
        using GuestNetwork network = new();
        VmRuleSet rules = Rules(EgressMode.List, ["ntp.example:123/udp"]);
        network.Nft(NftRules.Load(rules, [])).ShouldBe("");
        DnsAnswer answer = new(new DnsQuestion("ntp.example", DnsRecordType.A, 1), [], [IPAddress.Parse("203.0.113.1")], TimeSpan.Zero);

        network.Nft(NftRules.Open(rules.Policy, answer)!).ShouldBe("");
        network.Nft(NftRules.Open(rules.Policy, answer with { TimeToLive = TimeSpan.FromMinutes(59) })!).ShouldBe("");

        network.Listing().ShouldContain("203.0.113.1 timeout 1h ");
    }

    [SkippableFact]
    public async Task An_open_policy_lets_out_everything_that_is_the_guests_own()
    {
        Require();
        using GuestNetwork network = new();
        network.Nft(NftRules.Load(Rules(EgressMode.All, []), [])).ShouldBe("");

        foreach ((string from, string to) in ((string, string)[])[("10.0.2.15", "203.0.113.1"), ("fd00:2::15", "2001:db8:2::1")])
        {
            Socket server = network.Udp(network.Net, to, 4000);
            (await ArrivesAsync(network.Udp(network.Guest, from), server)).ShouldBeTrue(to);
            network.Listen(network.Net, to, 4001);
            (await network.DialAsync(to, 4001)).ShouldNotBeNull(to);
        }
    }

    [SkippableFact]
    public async Task A_guest_sends_from_its_own_addresses_in_whole_packets_or_not_at_all()
    {
        Require();
        using GuestNetwork network = new();
        network.Nft(NftRules.Load(Rules(EgressMode.List, ["0.0.0.0/0:4000/udp", "[::/0]:4000/udp"]), [])).ShouldBe("");
        network.Guest.Ip("addr add 10.0.2.99/24 dev eth0");
        network.Guest.Ip("-6 addr add fd00:2::99/64 dev eth0 nodad");
        Socket server = network.Udp(network.Net, "203.0.113.1", 4000), server6 = network.Udp(network.Net, "2001:db8:2::1", 4000);
        Socket guest = network.Udp(network.Guest, "10.0.2.15"), guest6 = network.Udp(network.Guest, "fd00:2::15");

        (await ArrivesAsync(guest, server)).ShouldBeTrue();
        (await ArrivesAsync(guest6, server6)).ShouldBeTrue();
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.99"), server)).ShouldBeFalse("another IPv4 address");
        (await ArrivesAsync(network.Udp(network.Guest, "fd00:2::99"), server6)).ShouldBeFalse("another IPv6 address");
        (await ArrivesAsync(guest, server, new byte[3000])).ShouldBeFalse("fragments");
        (await ArrivesAsync(guest6, server6, new byte[3000])).ShouldBeFalse("fragments of IPv6");
        (await ArrivesAsync(guest, server)).ShouldBeTrue();

        network.Guest.Ip("link set eth0 address 02:00:00:00:00:66");
        (await ArrivesAsync(guest, server)).ShouldBeFalse("another MAC");
    }

    [SkippableFact]
    public async Task Neighbours_are_not_told_of_addresses_that_are_not_the_guests()
    {
        Require();
        using GuestNetwork network = new();
        network.Nft(NftRules.Load(Rules(EgressMode.All, []), [])).ShouldBe("");
        network.Guest.Ip("addr add 10.0.2.99/24 dev eth0");
        network.Guest.Ip("-6 addr add fd00:2::99/64 dev eth0 nodad");

        // The gateway asks who has them; the guest's kernel answers, and the answer is dropped.
        Socket gateway = network.Udp(network.Vm, "10.0.2.1"), gateway6 = network.Udp(network.Vm, "fd00:2::1");
        (await ArrivesAsync(gateway, network.Udp(network.Guest, "10.0.2.15", 4000))).ShouldBeTrue();
        (await ArrivesAsync(gateway6, network.Udp(network.Guest, "fd00:2::15", 4000))).ShouldBeTrue();
        (await ArrivesAsync(gateway, network.Udp(network.Guest, "10.0.2.99", 4000))).ShouldBeFalse();
        (await ArrivesAsync(gateway6, network.Udp(network.Guest, "fd00:2::99", 4000))).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Under_a_list_udp_goes_where_a_name_or_a_network_leads_and_a_new_list_ends_it()
    {
        Require();
        using GuestNetwork network = new();
        VmRuleSet rules = Rules(EgressMode.List, ["ntp.example:123/udp", "203.0.113.2:4000/udp", "0.0.0.0/0:5000/udp"]);
        network.Nft(NftRules.Load(rules, [])).ShouldBe("");
        Socket guest = network.Udp(network.Guest, "10.0.2.15"), guest6 = network.Udp(network.Guest, "fd00:2::15");
        Socket ntp = network.Udp(network.Net, "203.0.113.1", 123), ntp6 = network.Udp(network.Net, "2001:db8:2::1", 123);

        (await ArrivesAsync(guest, ntp)).ShouldBeFalse("nobody asked for its name");
        Open("203.0.113.1", DnsRecordType.A);
        Open("2001:db8:2::1", DnsRecordType.Aaaa);
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.15"), ntp)).ShouldBeTrue();
        (await ArrivesAsync(guest6, ntp6)).ShouldBeTrue();
        (await ArrivesAsync(guest6, network.Udp(network.Net, "2001:db8:2::1", 443))).ShouldBeFalse("another port of it");
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.15"), network.Udp(network.Net, "203.0.113.2", 4000))).ShouldBeTrue("a network of a rule");
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.15"), network.Udp(network.Net, "203.0.113.1", 53))).ShouldBeFalse("another resolver");
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.15"), network.Udp(network.Net, "10.99.0.1", 5000))).ShouldBeFalse("a private address within a wide network");
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.15"), network.Udp(network.Net, "203.0.113.1", 5000))).ShouldBeTrue();

        Socket flow = network.Udp(network.Guest, "10.0.2.15");
        (await ArrivesAsync(flow, ntp)).ShouldBeTrue();
        network.Nft(NftRules.Load(Rules(EgressMode.List, ["203.0.113.2:4000/udp"], generation: 2), [])).ShouldBe("");
        (await ArrivesAsync(flow, ntp)).ShouldBeFalse("it was let out by the policy before");

        void Open(string address, DnsRecordType type) =>
            network.Nft(NftRules.Open(rules.Policy, new DnsAnswer(new DnsQuestion("ntp.example", type, 1), [], [IPAddress.Parse(address)], TimeSpan.FromMinutes(1)))!).ShouldBe("");
    }

    [SkippableFact]
    public async Task Under_none_nothing_leaves_and_what_comes_in_is_answered()
    {
        Require();
        using GuestNetwork network = new();
        network.Nft(NftRules.Load(Rules(EgressMode.None, []), [])).ShouldBe("");
        network.Listen(network.Net, "203.0.113.1", 80);
        Socket server = network.Udp(network.Net, "203.0.113.1", 4000), guest = network.Udp(network.Guest, "10.0.2.15", 4000);

        (await network.DialAsync("203.0.113.1", 80)).ShouldBeNull();
        (await ArrivesAsync(network.Udp(network.Guest, "10.0.2.15"), server)).ShouldBeFalse();
        (await ArrivesAsync(server, guest)).ShouldBeTrue("a published port");
        (await ArrivesAsync(guest, server)).ShouldBeTrue("its answer");
        (await ArrivesAsync(guest, network.Udp(network.Net, "203.0.113.2", 4000))).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Under_a_list_tcp_goes_through_the_proxy_in_both_families_and_ways_around_are_closed()
    {
        Require();
        using GuestNetwork network = new();
        VmRuleSet rules = Rules(EgressMode.List, ["good.example"]);
        network.Nft(NftRules.Load(rules, [])).ShouldBe("");
        Socket listener = network.Listen(network.Vm, "10.0.2.1", ProxyPort), listener6 = network.Listen(network.Vm, "fd00:2::1", ProxyPort);
        EgressGate gate = new(rules.Policy, null, TimeProvider.System);
        foreach (string address in (string[])["203.0.113.1", "2001:db8:2::1"])
        {
            gate.Granted.Add(IPAddress.Parse(address), "good.example", TimeSpan.FromMinutes(5));
            _ = EchoAsync(network.Listen(network.Net, address, 80));
        }

        List<string> connected = [];
        ProxyOptions options = new()
        {
            Connect = async (destination, cancellationToken) =>
            {
                connected.Add(destination.ToString());
                Socket socket = network.Net.Run(() => new Socket(destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
                await socket.ConnectAsync(destination, cancellationToken);
                return socket;
            },
        };
        using TransparentProxy proxy = new(gate, static (_, _, _) => Task.FromResult<DnsAnswer?>(null), options, TimeProvider.System);
        using CancellationTokenSource end = new();
        Task serving = Task.WhenAll(proxy.ServeAsync(listener, end.Token), proxy.ServeAsync(listener6, end.Token));

        (await AskAsync(network, "203.0.113.1", 80, "good.example")).ShouldBeTrue();
        (await AskAsync(network, "2001:db8:2::1", 80, "good.example")).ShouldBeTrue();
        connected.ShouldBe(["203.0.113.1:80", "[2001:db8:2::1]:80"]);
        (await AskAsync(network, "203.0.113.1", 80, "evil.example")).ShouldBeFalse("another name at an address that is open");
        (await AskAsync(network, "203.0.113.2", 80, "good.example")).ShouldBeFalse("an address that was never given out, and a name that leads nowhere");
        (await AskAsync(network, "203.0.113.1", 853, "good.example")).ShouldBeFalse("DNS over TLS");
        (await AskAsync(network, "203.0.113.1", 53, "good.example")).ShouldBeFalse("DNS");
        (await network.DialAsync("10.0.2.1", ProxyPort)).ShouldBeNull("the proxy itself");
        (await network.DialAsync("fd00:2::1", ProxyPort)).ShouldBeNull("the proxy itself");
        connected.Count.ShouldBe(2);

        await end.CancelAsync();
        await serving;
    }

    [SkippableFact]
    public void A_connection_that_was_not_redirected_has_no_other_destination()
    {
        Require();
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        using Socket accepted = listener.Accept();

        OriginalDestination.Read(accepted).ShouldBeNull();
    }

    private static void Require()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "namespaces of threads need root");
        Skip.If(ToolProcess.Find("nft") is null, "nftables is not installed");
        Skip.IfNot(NetworkThread.HasTools, "iproute2 is not installed");
    }

    /// <summary>What a command complains of; "" when it succeeds.</summary>
    private static string Shell(string command, string input)
    {
        ProcessStartInfo start = new("/bin/sh", ["-c", "PATH=$PATH:/usr/sbin " + command]) { RedirectStandardInput = true, RedirectStandardError = true };
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Write(input);
        shell.StandardInput.Close();
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return shell.ExitCode == 0 ? "" : $"{shell.ExitCode} {error}";
    }

    /// <summary>Whether a guest's request is answered.</summary>
    private static async Task<bool> AskAsync(GuestNetwork network, string address, int port, string host)
    {
        if (await network.DialAsync(address, port) is not { } socket)
        {
            return false;
        }

        byte[] request = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(5));
        try
        {
            await socket.SendAsync(request, SocketFlags.None, bound.Token);
            return await socket.ReceiveAsync(request, SocketFlags.None, bound.Token) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task EchoAsync(Socket listener)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (true)
            {
                using Socket client = await listener.AcceptAsync();
                await client.SendAsync(buffer.AsMemory(0, await client.ReceiveAsync(buffer)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
