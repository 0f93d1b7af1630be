using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Kernel.Tests.Processes;
using Hearth.Linux.Files;
using Hearth.Linux.Routing;
using Hearth.Networking.Egress;
using Hearth.Networking.Kernel;
using Hearth.Networking.Rules;
using Hearth.Networking.Topology;
using static Hearth.Kernel.Tests.Networking.KernelHost;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>Networks whose way out is the host's kernel, with a guest behind them and a world that knows nothing of guests.</summary>
public sealed class KernelUplinkTests : IDisposable
{
    private const int Megabyte = 1 << 20;

    private readonly Lazy<KernelHost> _host = new(static () => new KernelHost());

    public KernelUplinkTests() => Require();

    private KernelHost Host => _host.Value;

    public void Dispose()
    {
        if (_host.IsValueCreated)
        {
            Host.Dispose();
        }
    }

    [SkippableFact]
    public async Task A_bridged_guest_reaches_the_world_under_the_hosts_addresses()
    {
        await using VmNetwork network = await Host.OpenAsync(1);
        using TapGuest guest = new(network);
        network.Guest.Mtu.ShouldBe(Mtu);
        (network.Guest.Address.Address.ToString(), network.Guest.Address.Prefix).ShouldSatisfyAllConditions(static a => a.Item1.ShouldStartWith("172.30."), static a => a.Prefix.ShouldBe(32));
        network.Guest.Address6!.Value.Address.ToString().ShouldStartWith("fd48:6561:7274:1::");

        (await EchoAsync(Stream(guest, ipv6: false), Host.Listen(Host.World, Outside, 80), Megabyte)).ShouldBe(Near);
        (await EchoAsync(Stream(guest, ipv6: true), Host.Listen(Host.World, Outside6, 80), Megabyte)).ShouldBe(Near6);
        (await SentAsync(guest, Outside, 1300)).ShouldBe(Near);
        (await SentAsync(guest, Outside6, 1300)).ShouldBe(Near6);
        (await SentAsync(guest, Outside, 8000)).ShouldBe(Near, "in fragments");
        foreach (string ping in (string[])[Outside, Outside6, Near, Near6])
        {
            Shell(guest.Space, $"busybox ping -c 1 -W 5 {ping}").ShouldContain("1 packets received", customMessage: ping);
        }

        Socket whole = Host.Udp(guest.Space, "0.0.0.0"), server = Host.Udp(Host.World, Outside);
        whole.DontFragment = true;
        (await GuestNetwork.ArrivesAsync(whole, server, new byte[Mtu - 28])).ShouldBeTrue("a packet of the largest size, whole");
        (await GuestNetwork.ArrivesAsync(whole, server, new byte[Mtu - 27])).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_routed_guest_is_known_to_the_world_by_its_own_address()
    {
        await using VmNetwork network = await Host.OpenAsync(1, NetworkMode.Routed);
        using TapGuest guest = new(network);
        string own = network.Guest.Address6!.Value.Address.ToString();
        own.ShouldStartWith("2001:db8:1:");

        (await EchoAsync(Stream(guest, ipv6: true), Host.Listen(Host.World, Outside6, 80), Megabyte)).ShouldBe(own);
        (await EchoAsync(Stream(guest, ipv6: false), Host.Listen(Host.World, Outside, 80), Megabyte)).ShouldBe(Near);
        (await EchoAsync(Host.Stream(Host.World, Outside6), Host.Listen(guest.Space, own, 8080), 1000)).ShouldBe(Outside6, "it is connected to from outside");
        Shell(Host.World, $"busybox ping -c 1 -W 5 {own}").ShouldContain("1 packets received");
        Shell(Host.Host, "ip -6 neigh show proxy").ShouldBe($"{own} dev h0 proxy \n");
    }

    [SkippableFact]
    public async Task A_prefix_that_is_routed_to_the_host_needs_no_proxy()
    {
        Ip(Host.World, $"-6 route add 2001:db8:7::/112 via {Near6}");
        await using VmNetwork network = await Host.OpenAsync(1, NetworkMode.Routed, "2001:db8:7::/112");
        using TapGuest guest = new(network);
        string own = network.Guest.Address6!.Value.Address.ToString();
        own.ShouldStartWith("2001:db8:7::");

        (await EchoAsync(Stream(guest, ipv6: true), Host.Listen(Host.World, Outside6, 80), 1000)).ShouldBe(own);
        Shell(Host.Host, "ip -6 neigh show proxy").ShouldBe("");
    }

    [SkippableFact]
    public async Task Names_are_asked_of_the_gateway_and_published_ports_lead_in()
    {
        await using VmNetwork network = await Host.OpenAsync(1);
        using TapGuest guest = new(network);
        using Socket names = network.OpenGatewaySocket(SocketType.Dgram, 53, ipv6: false);
        using Socket names6 = network.OpenGatewaySocket(SocketType.Dgram, 53, ipv6: true);
        Socket asks = Host.Udp(guest.Space, "0.0.0.0"), asks6 = Host.Udp(guest.Space, "::");

        await asks.SendToAsync("who"u8.ToArray(), SocketFlags.None, new IPEndPoint(network.Guest.Gateway, 53));
        (await ReceiveAsync(names)).From.ShouldBe(network.Guest.Address.Address.ToString());
        await asks6.SendToAsync("who"u8.ToArray(), SocketFlags.None, new IPEndPoint(network.Guest.Gateway6!, 53));
        (await ReceiveAsync(names6)).From.ShouldBe(network.Guest.Address6!.Value.Address.ToString());

        Socket service = Host.Listen(guest.Space, "0.0.0.0", 8080);
        using Socket connection = await network.ConnectAsync(8080, CancellationToken.None);
        using Socket accepted = await service.AcceptAsync();
        ((IPEndPoint)accepted.RemoteEndPoint!).Address.ShouldBe(network.Guest.Gateway);
        Socket datagrams = Host.Udp(guest.Space, "0.0.0.0", 8081);
        using Socket sender = network.OpenDatagramSocket(8081);
        await sender.SendAsync("in"u8.ToArray());
        (await ReceiveAsync(datagrams)).Payload.ShouldBe("in"u8.ToArray());
    }

    [SkippableFact]
    public async Task Nobody_outside_connects_to_a_bridged_guest_and_the_host_does()
    {
        await using VmNetwork network = await Host.OpenAsync(1);
        using TapGuest guest = new(network);
        string own = network.Guest.Address.Address.ToString();
        Ip(Host.World, $"route add {own}/32 via {Near}");
        Socket service = Host.Listen(guest.Space, own, 8080);

        (await EchoAsync(Host.Stream(Host.World, Outside), service, 10, milliseconds: 500)).ShouldBeNull();
        (await EchoAsync(Host.Stream(Host.Host, Near), service, 10)).ShouldBe(Near);
    }

    [SkippableFact]
    public async Task Guests_do_not_reach_each_other_and_send_from_their_own_addresses_alone()
    {
        await using VmNetwork one = await Host.OpenAsync(1);
        await using VmNetwork two = await Host.OpenAsync(2);
        using TapGuest guest = new(one);
        using TapGuest other = new(two);
        string own = one.Guest.Address.Address.ToString(), others = two.Guest.Address.Address.ToString(), others6 = two.Guest.Address6!.Value.Address.ToString();
        own.ShouldNotBe(others);

        (await EchoAsync(Stream(guest, ipv6: false), Host.Listen(other.Space, others, 80), 10, milliseconds: 500)).ShouldBeNull();
        (await EchoAsync(Stream(guest, ipv6: true), Host.Listen(other.Space, others6, 80), 10, milliseconds: 500)).ShouldBeNull();
        Ip(guest.Space, $"addr add {others}/32 dev eth0", $"-6 addr add {others6}/128 dev eth0 nodad");
        Socket server = Host.Udp(Host.World, Outside, 4000), server6 = Host.Udp(Host.World, Outside6, 4000), host = Host.Udp(Host.Host, Near, 4000);
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, own), server)).ShouldBeTrue();
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, own), host)).ShouldBeTrue();
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, others), server)).ShouldBeFalse();
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, others), host)).ShouldBeFalse("nor the host itself");
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, others6), server6)).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_policy_holds_and_ways_around_it_are_closed()
    {
        await using VmNetwork network = await Host.OpenAsync(1);
        using TapGuest guest = new(network);
        EgressPolicy policy = new(EgressMode.List, [EgressRuleParser.Parse($"{Outside}:4000/udp", "--allow", isDenied: false)], []);
        using Socket proxy = network.OpenGatewaySocket(SocketType.Stream, 8443, ipv6: false);
        await network.ApplyRulesAsync(NftRules.Load(network.Rules(policy, 8443, []), []), CancellationToken.None);
        Socket allowed = Host.Udp(Host.World, Outside, 4000), denied = Host.Udp(Host.World, Outside, 4001), denied6 = Host.Udp(Host.World, Outside6, 4000);

        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, "0.0.0.0"), allowed)).ShouldBeTrue();
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, "0.0.0.0"), denied)).ShouldBeFalse();
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, "::"), denied6)).ShouldBeFalse("by IPv6");
        (await GuestNetwork.ArrivesAsync(Host.Udp(guest.Space, "0.0.0.0"), allowed, new byte[3000])).ShouldBeFalse("in fragments");
        (await EchoAsync(Stream(guest, ipv6: false), Host.Listen(Host.World, Outside, 443), 10, milliseconds: 500)).ShouldBeNull("to an address directly");
        using Socket redirected = await proxy.AcceptAsync();
        ((IPEndPoint)redirected.RemoteEndPoint!).Address.ShouldBe(network.Guest.Address.Address, "the proxy has it");
    }

    [SkippableFact]
    public async Task A_bounded_rate_bounds_and_loses_no_connection()
    {
        await using VmNetwork network = await Host.OpenAsync(1, bitsPerSecond: 40_000_000);
        using TapGuest guest = new(network);
        long began = Stopwatch.GetTimestamp();

        (await EchoAsync(Stream(guest, ipv6: false), Host.Listen(Host.World, Outside, 80), 2 * Megabyte)).ShouldBe(Near);

        Stopwatch.GetElapsedTime(began).ShouldBeGreaterThan(TimeSpan.FromSeconds(0.6), "2 MiB take 0.42 s each way");
    }

    [SkippableFact]
    public async Task An_address_that_the_host_routes_elsewhere_is_not_leased()
    {
        string usual;
        await using (VmNetwork first = await Host.OpenAsync(1))
        {
            usual = first.Guest.Address.Address.ToString();
        }

        Ip(Host.Host, $"route add {usual}/32 dev h0");
        (await LeasedAsync()).ShouldSatisfyAllConditions(address => address.ShouldNotBe(usual), static address => address.ShouldStartWith("172.30."));
        Ip(Host.Host, "route add unreachable 172.30.0.0/16");
        (await LeasedAsync()).ShouldStartWith("172.29.");
        Ip(Host.Host, "route add blackhole 172.16.0.0/12");
        (await LeasedAsync()).ShouldStartWith("10.172.");
        Ip(Host.Host, "route add 10.0.0.0/8 dev h0");
        HearthException exhausted = await Should.ThrowAsync<HearthException>(LeasedAsync);
        exhausted.Code.ShouldBe("network.exhausted");
        exhausted.Message.ShouldBe("No address for the VM is free: 172.30.0.0/16, 172.29.0.0/16, 10.172.0.0/16 are leased, or this host routes them elsewhere.");

        async Task<string> LeasedAsync()
        {
            await using VmNetwork network = await Host.OpenAsync(1);
            return network.Guest.Address.Address.ToString();
        }
    }

    [SkippableFact]
    public async Task What_is_missing_is_told_before_anything_is_made()
    {
        string before = Host.Traces();
        (await RefusedAsync(NetworkMode.Routed, "2001:db8::1/64")).ShouldStartWith("network.prefix: --ipv6-prefix 2001:db8::1/64: ");
        (await RefusedAsync(NetworkMode.Routed, "10.0.0.0/8")).ShouldStartWith("network.prefix: ");
        (await RefusedAsync(NetworkMode.Routed, "2001:db8:7::/113")).ShouldStartWith("network.prefix: ");
        Host.Host.Configure(("ipv6/conf/all/forwarding", "0"));
        (await RefusedAsync(NetworkMode.Routed)).ShouldBe("network.forwarding-off: --network routed: this host does not forward IPv6: net.ipv6.conf.all.forwarding is not 1.");
        Host.Host.Configure(("ipv6/conf/all/forwarding", "1"), ("ipv4/ip_forward", "0"));
        (await RefusedAsync(NetworkMode.Bridged)).ShouldBe("network.forwarding-off: --network bridged: this host does not forward IPv4: net.ipv4.ip_forward is not 1.");
        Host.Host.Configure(("ipv4/ip_forward", "1"));
        Host.Traces().ShouldBe(before);
        Ip(Host.Host, $"-6 addr del {Near6}/64 dev h0");
        (await RefusedAsync(NetworkMode.Routed)).ShouldStartWith("network.no-prefix: --network routed: this host has no IPv6 prefix for VMs: ");

        async Task<string> RefusedAsync(NetworkMode mode, string? prefix = null)
        {
            HearthException refused = await Should.ThrowAsync<HearthException>(() => Host.OpenAsync(1, mode, prefix));
            return $"{refused.Code}: {refused.Message}";
        }
    }

    [SkippableFact]
    public async Task Without_a_way_out_for_ipv6_a_bridged_guest_has_none()
    {
        Host.Host.Configure(("ipv6/conf/all/forwarding", "0"));

        await using VmNetwork network = await Host.OpenAsync(1);

        network.Guest.Address6.ShouldBeNull();
        using TapGuest guest = new(network);
        (await SentAsync(guest, Outside, 10)).ShouldBe(Near);
    }

    [SkippableFact]
    public async Task Eight_at_once_fifty_times_leave_the_host_as_it_was()
    {
        const int Rounds = 50;
        const int AtOnce = 8;
        string before = Host.Traces();

        for (int round = 0; round < Rounds; round++)
        {
            VmNetwork[] networks = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(number => Task.Run(() => Host.OpenAsync(number, number % 2 == 0 ? NetworkMode.Bridged : NetworkMode.Routed))));
            networks.Select(static network => network.Guest.Address.Address).Distinct().Count().ShouldBe(AtOnce);
            networks.Select(static network => network.Guest.Address6!.Value.Address).Distinct().Count().ShouldBe(AtOnce);
            await Task.WhenAll(networks.Select(static network => network.DisposeAsync().AsTask()));
            Host.Traces().ShouldBe(before, $"round {round}");
        }
    }

    [SkippableFact]
    public async Task A_killed_owner_leaves_a_rule_that_lets_nothing_through_and_that_is_found_again()
    {
        string before = Host.Traces();
        string id = Id(7);
        string[] program = [$"--net={PathOf(Host.Host)}", Environment.ProcessPath!, "exec", typeof(ToolOwner).Assembly.Location, id, Host.RuntimeDirectory];
        using Process owner = Process.Start(new ProcessStartInfo("nsenter", program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        string? address = await owner.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        address.ShouldNotBeNull();
        Host.Traces().ShouldContain($"hearth-{id[..8]}");
        using (DescriptorStream events = Host.Host.OpenLinkEvents())
        {
            owner.Kill();
            await owner.WaitForExitAsync();
            await UntilGoneAsync(events, $"hearth-{id[..8]}");
        }

        string left = Host.Traces();
        left.ShouldContain($"\"hearth-{id[..8]}\" . {address}");
        left[..left.IndexOf("table inet", StringComparison.Ordinal)].ShouldBe(before, "interface, routes and neighbours went with it");
        await using (VmNetwork next = await Host.OpenAsync(7))
        {
            next.Guest.Address.Address.ToString().ShouldBe(address, "the lease was free by itself");
        }

        Host.Traces().ShouldBe(before);
    }

    [SkippableFact]
    public async Task What_a_dead_vm_left_is_removed_by_its_id()
    {
        string before = Host.Traces();
        HostGuest dead = new(Id(9), "hearth-00000009", IPAddress.Parse("172.30.1.2"), IPAddress.Parse("2001:db8:1::77"), IsOpen6: true, "h0");
        await HostGuests.AddAsync(Host.Network, dead, CancellationToken.None);
        await using (VmNetwork living = await Host.OpenAsync(1))
        {
            Host.Traces().ShouldContain("hearth-00000009");
            await VmNetwork.RemoveDeadAsync(Host.Network, Id(9), CancellationToken.None);
            Host.Traces().ShouldNotContain("00000009");
            Host.Traces().ShouldContain("hearth-00000001");
        }

        Host.Traces().ShouldBe(before);
    }

    /// <summary>A namespace that nobody has any more is taken apart by the kernel in its own time.</summary>
    private async Task UntilGoneAsync(DescriptorStream events, string name)
    {
        byte[] datagram = new byte[32 << 10];
        using RouteSocket routes = Host.Host.OpenRoutes();
        await Task.Run(() =>
        {
            while (routes.IndexNamed(name) is not null && Readiness.Wait(events.Handle, null, null, wait: true).First)
            {
                _ = events.TryRead(datagram);
            }
        }).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private Socket Stream(TapGuest guest, bool ipv6) => Host.Stream(guest.Space, ipv6 ? "::" : "0.0.0.0");

    /// <summary>Sends a datagram from the guest and its answer back; whom the world saw.</summary>
    private async Task<string> SentAsync(TapGuest guest, string to, int bytes)
    {
        bool ipv6 = to.Contains(':', StringComparison.Ordinal);
        Socket server = Host.Udp(Host.World, to), client = Host.Udp(guest.Space, ipv6 ? "::" : "0.0.0.0");
        byte[] payload = new byte[bytes];
        Random.Shared.NextBytes(payload);
        await client.SendToAsync(payload, SocketFlags.None, server.LocalEndPoint!);
        byte[] buffer = new byte[1 << 16];
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(10));
        SocketReceiveFromResult got = await server.ReceiveFromAsync(buffer, SocketFlags.None, server.LocalEndPoint!, bound.Token);
        buffer.AsSpan(0, got.ReceivedBytes).SequenceEqual(payload).ShouldBeTrue();
        await server.SendToAsync(payload, SocketFlags.None, got.RemoteEndPoint);
        (await ReceiveAsync(client)).Payload.SequenceEqual(payload).ShouldBeTrue();
        return ((IPEndPoint)got.RemoteEndPoint).Address.ToString();
    }
}
