using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;
using Hearth.Networking.Egress;
using Hearth.Networking.Rules;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Networking.Topology;

// Theory of operation
//
//   guest eth0 ── tap0 ── br0 ── (routes) ─┬─ pasta0 ── host's sockets            rootless (UplinkOnDemand.cs)
//                          │               └─ up0 ═ hearth-… ── host's kernel     bridged, routed (Kernel/KernelUplink.cs)
//                          └─ 10.0.2.1, fd48:6561:7274::1: the gateway; the supervisor answers names there
//
// All of it but the ends is in a namespace of the VM's own, so that every VM has the same addresses. The namespace routes between br0 and the
// uplink without translation: the uplink serves exactly the guest's addresses.
//
// What a guest can send: the bridge's port is locked and knows one station, so frames with another hardware address are dropped
// before anything looks at them. That also is the gate of a restore: until the agent of a clone has given its interface the clone's
// own hardware address, nothing that it sends goes anywhere, resets of old connections included. The other way, the guest's addresses are
// permanent neighbours: nobody is asked, nothing has to be announced.
//
// A bound on the rate is a token bucket wherever something is sent to the guest and from it. An interface bounds only what it sends itself, so there is a
// second bridge then, sw0, which br0 is tied to: tap0 sends to the guest, sw0's port sends what the guest has sent.
//
//   guest eth0 ── tap0 ── sw0 ── sw0p ── br0 ── (routes)
//
// Order: namespace → tap (QEMU can be started) → bridge, addresses, forwarding → uplink. Released in reverse; when the process dies, the kernel
// does it.

/// <summary>The network of one VM, on the host's side.</summary>
public sealed partial class VmNetwork : IAsyncDisposable
{
    private const string Tap = "tap0";
    private const string Bridge = "br0";

    private const string Switch = "sw0";
    private const string SwitchPort = "sw0p";

    private const int LeastQueue = 64 << 10;

    private static readonly PhysicalAddress s_bridgeStation = PhysicalAddress.Parse("02-48-00-00-00-01");
    private static readonly PhysicalAddress s_switchStation = PhysicalAddress.Parse("02-48-00-00-00-03");

    private readonly NetworkNamespace _space;
    private readonly IVmUplink? _uplink;
    private readonly bool _hasSwitch;
    private readonly Lock _lock = new();
    private readonly Stack<Socket> _stock = new();

    private VmNetwork(NetworkNamespace space, SafeFileHandle tap, GuestAddressing guest, IVmUplink? uplink, bool hasSwitch)
    {
        _space = space;
        TapDescriptor = tap;
        Guest = guest;
        _uplink = uplink;
        _hasSwitch = hasSwitch;
    }

    public GuestAddressing Guest { get; }

    /// <summary>The host's end of the guest's interface, for the VMM. Of this object.</summary>
    public SafeFileHandle TapDescriptor { get; }

    /// <summary>A rootless network. Its uplink is started by the first packet that needs it.</summary>
    /// <param name="vmId">Decides the guest's hardware address.</param>
    /// <param name="bitsPerSecond">The most that the guest sends, and is sent; null for no bound.</param>
    /// <param name="needsIPv6">Its guest has IPv6 addresses also when the host cannot reach others by it.</param>
    /// <param name="warn">Takes a line when the uplink does not come.</param>
    /// <exception cref="HearthException"><c>network.namespace-denied</c>, <c>network.tap-denied</c>, <c>network.pasta-missing</c>, <c>network.rate</c>.</exception>
    public static VmNetwork OpenRootless(string vmId, long? bitsPerSecond, bool needsIPv6, Action<string> warn)
    {
        Pasta.Require();
        bool leadsOut6 = HostRoutes.HasDefaultIPv6();
        return Open(Bounded(vmId, leadsOut6 || needsIPv6, bitsPerSecond), bitsPerSecond, (space, guest) => new UplinkOnDemand(space, leadsOut6 ? guest : guest with { Address6 = null, Gateway6 = null }, warn));
    }

    /// <summary>A network that leads nowhere but to the gateway, and to neighbours.</summary>
    /// <exception cref="HearthException">As <see cref="OpenRootless"/>, without pasta's.</exception>
    public static VmNetwork OpenInternal(string vmId, long? bitsPerSecond, bool needsIPv6) => Open(Bounded(vmId, needsIPv6, bitsPerSecond), bitsPerSecond, static (_, _) => null);

    /// <summary>What every rootless guest is in, on its own link.</summary>
    public static IReadOnlyList<IPNetwork> OwnSubnets { get; } = [IPNetwork.Parse("10.0.2.0/24"), IPNetwork.Parse("fd48:6561:7274::/64"), IPNetwork.Parse("169.254.0.0/16")];

    /// <summary>The guest's next hop in every network, where names are answered.</summary>
    internal static IPAddress Gateway { get; } = IPAddress.Parse("10.0.2.1");

    /// <summary>As <see cref="Gateway"/>.</summary>
    internal static IPAddress Gateway6 { get; } = IPAddress.Parse("fd48:6561:7274::1");

    /// <summary>Where a guest that may reach the host finds the services of its loopback.</summary>
    public static IPAddress HostAddress => Pasta.NextHop;

    /// <summary>Lets the guest reach services on the host's loopback. Before the guest has sent anything.</summary>
    public void AllowHost() => _uplink?.ReachesHost = true;

    /// <summary>Whether <see cref="HostAddress"/> stands for the host's loopback.</summary>
    public bool ReachesHost => _uplink is { ReachesHost: true };

    /// <summary>A network that leads nowhere, for a guest that nobody has asked for yet.</summary>
    public static VmNetwork OpenIdle(string vmId) => Open(RootlessAddressing(vmId, HostRoutes.HasDefaultIPv6()), null, static (_, _) => null);

    /// <summary>A socket of the namespace, bound to the gateway's address.</summary>
    public Socket OpenGatewaySocket(SocketType type, int port, bool ipv6)
    {
        AddressFamily family = ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        Socket socket = _space.OpenSocket(family, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(ipv6 ? Guest.Gateway6! : Guest.Gateway, port));
            if (type == SocketType.Stream)
            {
                socket.Listen();
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a port of the guest's address, through its namespace.</summary>
    /// <exception cref="SocketException">The guest refuses, or does not answer.</exception>
    public async Task<Socket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        Socket socket = TakeStreamSocket();
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(new IPEndPoint(Guest.Address.Address, port), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket for datagrams whose peer is a port of the guest.</summary>
    public Socket OpenDatagramSocket(int port)
    {
        Socket socket = _space.OpenSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(new IPEndPoint(Guest.Address.Address, port));
        return socket;
    }

    /// <summary>What enforces a policy here.</summary>
    /// <param name="policy">What the guest may reach.</param>
    /// <param name="proxyPort">The port of the gateway's addresses where the proxy listens.</param>
    /// <param name="gatewayPorts">Other ports of the gateway that the guest may connect to.</param>
    public VmRuleSet Rules(EgressPolicy policy, int proxyPort, IReadOnlyList<int> gatewayPorts) => Reshape(new VmRuleSet
    {
        GuestDevice = Tap,
        Bridge = Bridge,
        Switch = _hasSwitch ? Switch : null,
        Uplink = _uplink?.Interface ?? Pasta.Interface,
        Waiting = _uplink?.Waiting,
        IsOneWay = true,
        IsMasqueraded = false,
        GuestMac = GuestAddressing.Text(Guest.Station),
        GuestAddresses = [],
        GatewayAddresses = Guest.Gateway6 is { } gateway6 ? [Guest.Gateway, gateway6] : [Guest.Gateway],
        Policy = policy,
        ProxyPort = proxyPort,
        GatewayPorts = gatewayPorts,
        OpenNetworks = ReachesHost ? [new IPNetwork(HostAddress, 32)] : [],
        ProxiedAddresses = ReachesHost ? [HostAddress] : [],
        HostAddresses = Egress.HostAddress.All(),
    });

    /// <summary>The same, with the guest's addresses and neighbours as they are now.</summary>
    public VmRuleSet Reshape(VmRuleSet rules)
    {
        (IPAddress Address, IPNetwork Subnet)[] places = [.. Memberships.SelectMany(static membership => membership.Places)];
        IEnumerable<IPAddress> own = Guest.Address6 is { } address6 ? [Guest.Address.Address, address6.Address] : [Guest.Address.Address];
        return rules with
        {
            GuestAddresses = [.. own, .. places.Select(static place => place.Address)],
            Neighbours = [.. places.Select(static place => place.Subnet)],
        };
    }

    /// <summary>Has nft apply a transaction in the namespace, whole or not at all.</summary>
    /// <exception cref="HearthException"><c>egress.nft-missing</c>, <c>egress.nft-failed</c>.</exception>
    public Task ApplyRulesAsync(string text, CancellationToken cancellationToken) => NftProgram.ApplyAsync(_space, text, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await (_uplink?.DisposeAsync() ?? ValueTask.CompletedTask);
        _relay?.Dispose();
        lock (_lock)
        {
            while (_stock.TryPop(out Socket? socket))
            {
                socket.Dispose();
            }
        }

        TapDescriptor.Dispose();
        _space.Dispose();
    }

    private static GuestAddressing Bounded(string vmId, bool ipv6, long? bitsPerSecond) =>
        RootlessAddressing(vmId, ipv6) with { Mtu = MtuAt(bitsPerSecond), Window = WindowAt(bitsPerSecond) };

    private static GuestAddressing RootlessAddressing(string vmId, bool ipv6) => new(
        GuestAddressing.StationOf(vmId),
        Pasta.Mtu,
        (IPAddress.Parse("10.0.2.100"), 24),
        Gateway,
        ipv6 ? (IPAddress.Parse("fd48:6561:7274::100"), 64) : null,
        ipv6 ? Gateway6 : null);

    /// <summary>A packet takes five milliseconds at most where the rate is bounded, so that what waits is neither long nor a few packets only.</summary>
    private static int MtuAt(long? bitsPerSecond)
    {
        const int PacketsPerSecond = 200;
        const int Ethernet = 1500;
        return bitsPerSecond is { } rate ? (int)Math.Clamp(rate / 8 / PacketsPerSecond, Ethernet, Pasta.Mtu) : Pasta.Mtu;
    }

    /// <summary>
    /// A tenth of a second's. pasta sends as much as the guest offers to take and has no congestion control, because nothing is lost where it is made for:
    /// what a full queue drops costs it seconds.
    /// </summary>
    private static int? WindowAt(long? bitsPerSecond)
    {
        const int Least = 64 << 10;
        const int Most = 4 << 20;
        return bitsPerSecond is { } rate ? (int)Math.Clamp(rate / 8 / 10, Least, Most) : null;
    }

    private static VmNetwork Open(GuestAddressing guest, long? bitsPerSecond, Func<NetworkNamespace, GuestAddressing, IVmUplink?> uplink)
    {
        NetworkNamespace space = CreateNamespace();
        try
        {
            SafeFileHandle tap = OpenTap(space);
            try
            {
                Build(space, guest, bitsPerSecond);
                return new VmNetwork(space, tap, guest, uplink(space, guest), hasSwitch: bitsPerSecond is not null);
            }
            catch
            {
                tap.Dispose();
                throw;
            }
        }
        catch
        {
            space.Dispose();
            throw;
        }
    }

    private static NetworkNamespace CreateNamespace()
    {
        try
        {
            return NetworkNamespace.Create(ownUsers: true);
        }
        catch (Exception e) when (e is ErrnoException or ChildProgramException)
        {
            throw new HearthException(
                "network.namespace-denied",
                $"A network namespace cannot be made: {e.Message}",
                "Allow user namespaces (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone), or run with --network none.",
                inner: e);
        }
    }

    private static SafeFileHandle OpenTap(NetworkNamespace space)
    {
        try
        {
            return space.OpenTap(Tap);
        }
        catch (Exception e) when (e is ErrnoException or ChildProgramException)
        {
            throw new HearthException(
                "network.tap-denied",
                $"An interface for the VM cannot be made: {e.Message}",
                "Load the kernel's module tun and make /dev/net/tun readable and writable for you, or run with --network none.",
                inner: e);
        }
    }

    /// <summary>IPv6's own discoveries are off: the namespace is told everything.</summary>
    private static void Build(NetworkNamespace space, GuestAddressing guest, long? bitsPerSecond)
    {
        space.Configure(
            ("ipv4/conf/all/rp_filter", "0"), // What waited for the uplink comes back on an interface that no route leads to.
            ("ipv4/conf/default/rp_filter", "0"),
            ("ipv4/conf/all/arp_ignore", "1"), // Else a second bridge answers for the gateway, and is gone round.
            ("ipv4/ip_forward", "1"),
            ("ipv6/conf/all/forwarding", "1"),
            ("ipv6/conf/default/forwarding", "0"), // An interface that is a router's reports its groups from '::', and pasta answers the guest there then.
            ("ipv6/conf/default/accept_ra", "0"),
            ("ipv6/conf/default/accept_dad", "0"),
            ("ipv6/conf/default/dad_transmits", "0"),
            ("ipv6/conf/default/router_solicitations", "0"),
            ("ipv6/conf/default/addr_gen_mode", "1"));
        using RouteSocket routes = space.OpenRoutes();
        int port = routes.IndexOf(Tap);
        (int bridge, int master) = bitsPerSecond is { } rate ? AddBoundedBridge(routes, guest, port, rate) : AddBridge(routes, guest);
        routes.Set(port, mtu: guest.Mtu, master: master);
        routes.LockPort(port);
        routes.AddStation(port, guest.Station);
        routes.Set(port, up: true);
        routes.AddAddress(bridge, guest.Gateway, guest.Address.Prefix);
        AddGuest(routes, bridge, guest.Address, guest.Station);
        if (guest is { Address6: { } address6, Gateway6: { } gateway6 })
        {
            routes.AddAddress(bridge, gateway6, address6.Prefix);
            AddGuest(routes, bridge, address6, guest.Station);
        }
    }

    /// <returns>The interface that has the gateway's addresses, and the bridge that the guest's is a port of: here both are one.</returns>
    private static (int Bridge, int Master) AddBridge(RouteSocket routes, GuestAddressing guest)
    {
        routes.AddBridge(Bridge, s_bridgeStation, guest.Mtu);
        int bridge = routes.IndexOf(Bridge);
        return (bridge, bridge);
    }

    private static (int Bridge, int Master) AddBoundedBridge(RouteSocket routes, GuestAddressing guest, int tap, long bitsPerSecond)
    {
        routes.AddBridge(Switch, s_switchStation, guest.Mtu);
        routes.AddPair(Bridge, s_bridgeStation, SwitchPort, guest.Mtu);
        int master = routes.IndexOf(Switch);
        int bridge = routes.IndexOf(Bridge);
        int port = routes.IndexOf(SwitchPort);
        routes.Set(port, master: master);
        routes.Set(port, up: true);
        routes.Set(bridge, up: true);
        long bytesPerSecond = Math.Max(1, bitsPerSecond / 8);
        try
        {
            // Of sixteen connections nothing is lost; where windows are not bounded, because who sends slows down, it is what goes in a tenth of a second.
            long queue = guest.Window is { } window ? window * 16L : Math.Max(LeastQueue, bytesPerSecond / 10);
            routes.LimitRate(tap, bytesPerSecond, guest.Mtu, queue);
            routes.LimitRate(port, bytesPerSecond, guest.Mtu, queue);
        }
        catch (ErrnoException e)
        {
            throw new HearthException("network.rate", $"The VM's data rate cannot be bounded: {e.Message}", "The host's kernel needs sch_tbf (modprobe sch_tbf); without --net-rate there is no bound.", inner: e);
        }

        return (bridge, master);
    }

    /// <summary>Sockets are made many at a time: making one means making a child, and a health check takes one each time.</summary>
    private Socket TakeStreamSocket()
    {
        const int AtOnce = 16;
        lock (_lock)
        {
            if (!_stock.TryPop(out Socket? socket))
            {
                foreach (Socket made in _space.OpenStreamSockets(AddressFamily.InterNetwork, AtOnce))
                {
                    _stock.Push(made);
                }

                socket = _stock.Pop();
            }

            return socket;
        }
    }
}
