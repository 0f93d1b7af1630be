using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Hearth.Linux;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.Namespaces;

public sealed class NetworkNamespaceTests
{
    private static readonly PhysicalAddress s_station = PhysicalAddress.Parse("02-00-00-00-00-07");

    [SkippableFact]
    public void A_new_one_has_loopback_alone_and_it_is_up()
    {
        using NetworkNamespace space = Create();
        using RouteSocket routes = space.OpenRoutes();

        NetworkLink loopback = routes.Links().ShouldHaveSingleItem();

        loopback.Name.ShouldBe("lo");
        loopback.IsUp.ShouldBeTrue();
        loopback.IsEthernet.ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Sockets_are_of_the_namespace_and_take_privileged_ports()
    {
        using NetworkNamespace space = Create();
        using Socket listener = space.OpenSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 53));
        listener.Listen();
        using Socket inside = space.OpenStreamSockets(AddressFamily.InterNetwork, 3)[2];

        await inside.ConnectAsync(listener.LocalEndPoint!);

        using Socket accepted = await listener.AcceptAsync();
        accepted.Send("x"u8.ToArray());
        byte[] answer = new byte[1];
        (await inside.ReceiveAsync(answer)).ShouldBe(1);
    }

    [SkippableFact]
    public async Task Two_namespaces_have_the_same_port_without_conflict_and_do_not_reach_each_other()
    {
        using NetworkNamespace one = Create();
        using NetworkNamespace other = Create();
        using Socket listener = one.OpenSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, 80));
        listener.Listen();
        using Socket elsewhere = other.OpenSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        SocketException refused = await Should.ThrowAsync<SocketException>(() => elsewhere.ConnectAsync(IPAddress.Loopback, 80));

        refused.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    [SkippableFact]
    public void A_pair_of_interfaces_is_made_and_what_it_sends_is_bounded()
    {
        using NetworkNamespace space = Create();
        using RouteSocket routes = space.OpenRoutes();

        routes.AddPair("one", s_station, "other", 9000);
        int one = routes.IndexOf("one");
        routes.LimitRate(one, 12_500_000, 9000, 1 << 20);
        routes.LimitRate(routes.IndexOf("other"), 6_000_000_000, 9000, 1 << 20);

        NetworkLink link = routes.Find("one").ShouldNotBeNull();
        link.Address.ShouldBe(s_station);
        link.Mtu.ShouldBe(9000);
        string shown = Show(space);
        shown.ShouldContain("tbf");
        shown.ShouldContain("rate 100Mbit");
        shown.ShouldContain("rate 48Gbit");
    }

    [SkippableTheory]
    [InlineData("0.0.0.0/0", "10.9.9.9", "10.9.9.1")]
    [InlineData("::/0", "fd09::9", "fd09::1")]
    [InlineData("10.8.0.0/16", "10.8.9.9", "10.9.9.1")]
    public void A_route_is_removed_if_it_is_there_the_default_one_as_well(string destination, string inside, string gateway)
    {
        using NetworkNamespace space = Create();
        using RouteSocket routes = space.OpenRoutes();
        routes.AddPair("one", s_station, "other", 1500);
        int one = routes.IndexOf("one");
        routes.Set(routes.IndexOf("other"), up: true);
        routes.Set(one, up: true);
        IPNetwork network = IPNetwork.Parse(destination);
        routes.AddRoute(one, network.BaseAddress, network.PrefixLength, IPAddress.Parse(gateway));
        routes.Lookup(IPAddress.Parse(inside)).ShouldNotBeNull().Interface.ShouldBe(one);

        routes.RemoveRouteIfThere(one, network);
        routes.RemoveRouteIfThere(one, network);

        (routes.Lookup(IPAddress.Parse(inside)) is { IsReachable: true }).ShouldBeFalse();
    }

    [SkippableFact]
    public void A_bridge_gets_a_tap_addresses_routes_and_neighbours()
    {
        using NetworkNamespace space = Create();
        RequireTaps();
        using SafeFileHandle tap = space.OpenTap("tap0");
        using RouteSocket routes = space.OpenRoutes();

        routes.AddBridge("br0", PhysicalAddress.Parse("02-48-00-00-00-01"), 4000);
        int bridge = routes.IndexOf("br0");
        int port = routes.IndexOf("tap0");
        routes.Set(port, up: true, mtu: 4000, master: bridge);
        routes.LockPort(port);
        routes.AddStation(port, s_station);
        routes.AddAddress(bridge, IPAddress.Parse("10.0.2.1"), 24);
        routes.AddAddress(bridge, IPAddress.Parse("fd00::1"), 64);
        routes.AddNeighbour(bridge, IPAddress.Parse("10.0.2.100"), s_station);
        routes.AddNeighbour(bridge, IPAddress.Parse("fd00::100"), s_station);
        routes.AddRoute(bridge, IPAddress.Any, 0, IPAddress.Parse("10.0.2.100"));
        routes.AddRoute(bridge, IPAddress.Parse("192.0.2.0"), 24, null);

        routes.Addresses(bridge).ShouldBe([(IPAddress.Parse("10.0.2.1"), 24), (IPAddress.Parse("fd00::1"), 64)], ignoreOrder: true);
        NetworkLink made = routes.Find("br0").ShouldNotBeNull();
        (made.Mtu, made.IsUp, made.IsEthernet).ShouldBe((4000, true, true));
        routes.RemoveAddress(bridge, IPAddress.Parse("fd00::1"), 64);
        routes.Addresses(bridge).Count.ShouldBe(1);
        routes.Remove(bridge);
        routes.Find("br0").ShouldBeNull();
    }

    [SkippableFact]
    public async Task A_locked_port_takes_frames_from_its_station_alone()
    {
        using NetworkNamespace space = Create();
        RequireTaps();
        using SafeFileHandle tap = space.OpenTap("tap0");
        using RouteSocket routes = space.OpenRoutes();
        routes.AddBridge("br0", PhysicalAddress.Parse("02-48-00-00-00-01"), 1500);
        int bridge = routes.IndexOf("br0");
        int port = routes.IndexOf("tap0");
        routes.AddAddress(bridge, IPAddress.Parse("10.0.2.1"), 24);
        routes.Set(port, master: bridge);
        routes.LockPort(port);
        routes.AddStation(port, s_station);
        routes.Set(port, up: true);
        DescriptorStream wire = new(tap);
        Task<byte[]> answer = Task.Run(() => ReadAnswer(wire));

        // As any host does, it asks again: what is sent before the kernel has given the interfaces their queues is lost.
        for (int question = 0; question < Questions && !answer.IsCompleted; question++)
        {
            wire.Write(WhoHas(PhysicalAddress.Parse("02-00-00-00-00-66"), "10.0.2.66"));
            wire.Write(WhoHas(s_station, "10.0.2.100"));
            await Task.WhenAny(answer, Task.Delay(s_again, TimeProvider.System));
        }

        // Answers come in the order of the questions: the first is to the second.
        answer.IsCompleted.ShouldBeTrue("nobody has answered");
        (await answer).ShouldBe(s_station.GetAddressBytes());
    }

    private const int Questions = 60;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(0.5);

    /// <summary>Whom the next ARP answer is for.</summary>
    private static byte[] ReadAnswer(DescriptorStream wire)
    {
        byte[] frame = new byte[32 << 10];
        while (true)
        {
            Span<byte> got = frame.AsSpan(0, wire.Read(frame))[OffloadHeaderBytes..];
            if (got[12..14].SequenceEqual((ReadOnlySpan<byte>)[0x08, 0x06]) && got[20..22].SequenceEqual((ReadOnlySpan<byte>)[0, 2]))
            {
                return got[..6].ToArray();
            }
        }
    }

    /// <summary>struct virtio_net_hdr, which a TAP with IFF_VNET_HDR has before each frame.</summary>
    private const int OffloadHeaderBytes = 10;

    /// <summary>An ARP question for 10.0.2.1 (RFC 826).</summary>
    private static byte[] WhoHas(PhysicalAddress station, string address) =>
    [
        .. new byte[OffloadHeaderBytes],
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. station.GetAddressBytes(), 0x08, 0x06,
        0, 1, 8, 0, 6, 4, 0, 1, .. station.GetAddressBytes(), .. IPAddress.Parse(address).GetAddressBytes(), 0, 0, 0, 0, 0, 0, 10, 0, 2, 1,
    ];

    [SkippableFact]
    public void A_tap_is_there_as_long_as_its_descriptor()
    {
        using NetworkNamespace space = Create();
        RequireTaps();
        using RouteSocket routes = space.OpenRoutes();
        SafeFileHandle tap = space.OpenTap("tap0");
        routes.Find("tap0").ShouldNotBeNull();

        tap.Dispose();

        routes.Find("tap0").ShouldBeNull();
    }

    [SkippableFact]
    public void Settings_are_the_namespaces_own()
    {
        string before = File.ReadAllText("/proc/sys/net/ipv4/ip_default_ttl");
        using NetworkNamespace space = Create();

        space.Configure(("ipv4/ip_default_ttl", "77"), ("ipv4/ip_forward", "1"));

        File.ReadAllText("/proc/sys/net/ipv4/ip_default_ttl").ShouldBe(before);
    }

    [SkippableFact]
    public void What_the_kernel_refuses_names_the_thing()
    {
        using NetworkNamespace space = Create();
        using RouteSocket routes = space.OpenRoutes();

        Should.Throw<ErrnoException>(() => routes.IndexOf("nothing")).Message.ShouldContain("nothing");
        Should.Throw<ErrnoException>(() => routes.AddAddress(4711, IPAddress.Parse("10.0.0.1"), 8)).Message.ShouldContain("10.0.0.1/8");
        Should.Throw<ChildProgramException>(() => space.Configure(("ipv4/no_such_setting", "1"))).Message.ShouldContain("no_such_setting");
    }

    private static string Show(NetworkNamespace space)
    {
        Skip.IfNot(File.Exists("/usr/sbin/tc") || File.Exists("/sbin/tc"), "tc (iproute2) is not installed.");
        string Path(SafeFileHandle handle) => $"/proc/{Environment.ProcessId}/fd/{(int)handle.DangerousGetHandle()}";
        string[] user = space.UserHandle is { } handle ? [$"--user={Path(handle)}", "--preserve-credentials"] : [];
        using Process tc = Process.Start(new ProcessStartInfo("nsenter", [.. user, $"--net={Path(space.Handle)}", "tc", "qdisc", "show"]) { RedirectStandardOutput = true })!;
        string text = tc.StandardOutput.ReadToEnd();
        tc.WaitForExit();
        return text;
    }

    /// <summary>The device is the host's: who is root in a namespace only may open it when its mode says so.</summary>
    private static void RequireTaps()
    {
        try
        {
            File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SkipException($"Taps cannot be made here: {e.Message}");
        }
    }

    internal static NetworkNamespace Create()
    {
        try
        {
            return NetworkNamespace.Create(ownUsers: true);
        }
        catch (Exception e) when (e is ErrnoException or ChildProgramException)
        {
            throw new SkipException($"User namespaces cannot be made here: {e.Message}");
        }
    }
}
