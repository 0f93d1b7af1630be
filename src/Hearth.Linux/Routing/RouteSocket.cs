using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Hearth.Linux.Guest;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Routing;

/// <summary>
/// Interfaces, addresses, routes and neighbours of one network namespace (rtnetlink(7)): that which the socket was made in. Each operation is
/// acknowledged by the kernel before it returns. Not for several threads.
/// </summary>
public sealed partial class RouteSocket(SafeFileHandle socket) : IDisposable
{
    /// <summary>The most that the kernel puts into one datagram of a dump (net/netlink/af_netlink.c).</summary>
    private const int DatagramBytes = 32 << 10;

    private readonly DescriptorStream _socket = new(socket);
    private readonly byte[] _datagram = new byte[DatagramBytes];
    private uint _sequence;

    /// <summary>One of the caller's own network namespace.</summary>
    /// <exception cref="ErrnoException">The kernel has no rtnetlink.</exception>
    public static RouteSocket Open()
    {
        int fd = Libc.socket(Netlink.AF_NETLINK, 2 | Libc.SOCK_CLOEXEC, RouteMessages.NETLINK_ROUTE); // SOCK_DGRAM
        return fd >= 0 ? new RouteSocket(new SafeFileHandle(fd, ownsHandle: true)) : throw ErrnoException.FromLastError("socket", "the kernel's routing tables");
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>The interfaces there are.</summary>
    public IReadOnlyList<NetworkLink> Links()
    {
        List<NetworkLink> links = [];
        Send(RouteRequest.Of(RouteMessages.RTM_GETLINK, Netlink.NLM_F_DUMP, new RouteMessages.ifinfomsg()));
        Receive("RTM_GETLINK", "interfaces", (type, payload) =>
        {
            if (type == RouteMessages.RTM_NEWLINK && NetworkLink.TryParse(payload, out NetworkLink? link))
            {
                links.Add(link);
            }
        });
        return links;
    }

    public NetworkLink? Find(string name) => Links().FirstOrDefault(link => link.Name == name);

    /// <exception cref="ErrnoException">ENODEV: there is none of that name.</exception>
    public int IndexOf(string name) => Find(name)?.Index ?? throw new ErrnoException("RTM_GETLINK", Errno.ENODEV, name);

    public void AddBridge(string name, PhysicalAddress address, int mtu) => Call(
        RouteRequest.Of(RouteMessages.RTM_NEWLINK, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_EXCL, new RouteMessages.ifinfomsg { ifi_flags = RouteMessages.IFF_UP, ifi_change = RouteMessages.IFF_UP })
            .With(RouteMessages.IFLA_IFNAME, name)
            .With(RouteMessages.IFLA_MTU, mtu)
            .With(RouteMessages.IFLA_ADDRESS, address.GetAddressBytes())
            .Nest(RouteMessages.IFLA_LINKINFO, static info => info.With(RouteMessages.IFLA_INFO_KIND, "bridge"u8)),
        $"bridge {name}");

    /// <summary>Changes what is given of an interface.</summary>
    public void Set(int index, bool? up = null, int? mtu = null, PhysicalAddress? address = null, int? master = null)
    {
        RouteRequest request = RouteRequest.Of(RouteMessages.RTM_NEWLINK, 0, new RouteMessages.ifinfomsg
        {
            ifi_index = index,
            ifi_flags = up == true ? RouteMessages.IFF_UP : 0u,
            ifi_change = up is null ? 0u : RouteMessages.IFF_UP,
        });
        _ = mtu is { } size ? request.With(RouteMessages.IFLA_MTU, size) : request;
        _ = address is not null ? request.With(RouteMessages.IFLA_ADDRESS, address.GetAddressBytes()) : request;
        _ = master is { } bridge ? request.With(RouteMessages.IFLA_MASTER, bridge) : request;
        Call(request, $"interface {index}");
    }

    /// <summary>A bridge's port takes frames only from stations that <see cref="AddStation"/> named (bridge(8), <c>locked</c>; since 5.18).</summary>
    public void LockPort(int index) => Call(
        RouteRequest.Of(RouteMessages.RTM_SETLINK, 0, new RouteMessages.ifinfomsg { ifi_family = AddressFamilyBridge, ifi_index = index })
            .Nest(RouteMessages.IFLA_PROTINFO | Nested, static port => port
                .With(RouteMessages.IFLA_BRPORT_LEARNING, (ReadOnlySpan<byte>)[0])
                .With(RouteMessages.IFLA_BRPORT_LOCKED, (ReadOnlySpan<byte>)[1])),
        $"bridge port {index}");

    /// <summary>A station of a bridge's port: its frames come from there, and those for it go there.</summary>
    public void AddStation(int port, PhysicalAddress address) => Call(
        RouteRequest.Of(RouteMessages.RTM_NEWNEIGH, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, new RouteMessages.ndmsg
        {
            ndm_family = AddressFamilyBridge,
            ndm_ifindex = port,
            ndm_state = RouteMessages.NUD_NOARP,
            ndm_flags = RouteMessages.NTF_MASTER,
        }).With(RouteMessages.NDA_LLADDR, address.GetAddressBytes()),
        $"station {address} of port {port}");

    public void Remove(int index) => Call(RouteRequest.Of(RouteMessages.RTM_DELLINK, 0, new RouteMessages.ifinfomsg { ifi_index = index }), $"interface {index}");

    /// <summary>Gives an interface an address; an IPv6 one can be used at once (no duplicate address detection).</summary>
    public void AddAddress(int index, IPAddress address, int prefix) => Call(
        RouteRequest.Of(RouteMessages.RTM_NEWADDR, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, AddressMessage(index, address, prefix))
            .With(RouteMessages.IFA_LOCAL, address)
            .With(RouteMessages.IFA_ADDRESS, address),
        $"address {address}/{prefix}");

    public void RemoveAddress(int index, IPAddress address, int prefix) => Call(
        RouteRequest.Of(RouteMessages.RTM_DELADDR, 0, AddressMessage(index, address, prefix)).With(RouteMessages.IFA_LOCAL, address), $"address {address}/{prefix}");

    /// <summary>The addresses of an interface, without IPv6's own link-local ones.</summary>
    public IReadOnlyList<(IPAddress Address, int Prefix)> Addresses(int index)
    {
        List<(IPAddress, int)> addresses = [];
        Send(RouteRequest.Of(RouteMessages.RTM_GETADDR, Netlink.NLM_F_DUMP, new RouteMessages.ifaddrmsg()));
        Receive("RTM_GETADDR", "addresses", (type, payload) =>
        {
            if (type == RouteMessages.RTM_NEWADDR
                && MemoryMarshal.TryRead(payload, out RouteMessages.ifaddrmsg message) && message.ifa_index == index
                && RouteAttributes.Find(payload[Unsafe.SizeOf<RouteMessages.ifaddrmsg>()..], RouteMessages.IFA_ADDRESS) is { Length: 4 or 16 } bytes
                && new IPAddress(bytes) is { IsIPv6LinkLocal: false } address)
            {
                addresses.Add((address, message.ifa_prefixlen));
            }
        });
        return addresses;
    }

    /// <summary>A route; with a gateway that needs to be on no network of the interface.</summary>
    /// <param name="index">The interface.</param>
    /// <param name="destination">The network; its any-address with prefix 0 is the default route.</param>
    /// <param name="prefix">Bits of it.</param>
    /// <param name="gateway">Null: the destination is on the link.</param>
    /// <param name="window">The most bytes that a TCP connection there offers to take at once (ip-route(8)); null: what the kernel finds.</param>
    /// <param name="source">The address that packets there are sent from; null: what the kernel finds.</param>
    public void AddRoute(int index, IPAddress destination, int prefix, IPAddress? gateway, int? window = null, IPAddress? source = null)
    {
        RouteRequest request = RouteRequest.Of(RouteMessages.RTM_NEWROUTE, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, new RouteMessages.rtmsg
        {
            rtm_family = Family(destination),
            rtm_dst_len = (byte)prefix,
            rtm_table = RouteMessages.RT_TABLE_MAIN,
            rtm_protocol = RouteMessages.RTPROT_STATIC,
            rtm_scope = gateway is null && destination.AddressFamily == AddressFamily.InterNetwork ? RouteMessages.RT_SCOPE_LINK : RouteMessages.RT_SCOPE_UNIVERSE,
            rtm_type = RouteMessages.RTN_UNICAST,
            rtm_flags = gateway is null ? 0 : RouteMessages.RTNH_F_ONLINK,
        });
        _ = prefix > 0 ? request.With(RouteMessages.RTA_DST, destination) : request;
        _ = gateway is not null ? request.With(RouteMessages.RTA_GATEWAY, gateway) : request;
        _ = window is { } bytes ? request.Nest(RouteMessages.RTA_METRICS, metrics => metrics.With(RouteMessages.RTAX_WINDOW, bytes)) : request;
        _ = source is not null ? request.With(RouteRules.RTA_PREFSRC, source) : request;
        Call(request.With(RouteMessages.RTA_OIF, index), $"route to {destination}/{prefix}");
    }

    /// <summary>Where an address is, for good: nobody is asked (arp(7)).</summary>
    public void AddNeighbour(int index, IPAddress address, PhysicalAddress station) => Call(
        RouteRequest.Of(RouteMessages.RTM_NEWNEIGH, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, new RouteMessages.ndmsg
        {
            ndm_family = Family(address),
            ndm_ifindex = index,
            ndm_state = RouteMessages.NUD_PERMANENT,
        }).With(RouteMessages.NDA_DST, address).With(RouteMessages.NDA_LLADDR, station.GetAddressBytes()),
        $"neighbour {address}");

    private const byte AddressFamilyBridge = 7; // AF_BRIDGE
    private const ushort Nested = 0x8000; // NLA_F_NESTED

    private static byte Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)10 : (byte)2;

    private static RouteMessages.ifaddrmsg AddressMessage(int index, IPAddress address, int prefix) => new()
    {
        ifa_family = Family(address),
        ifa_prefixlen = (byte)prefix,
        ifa_flags = address.AddressFamily == AddressFamily.InterNetworkV6 ? RouteMessages.IFA_F_NODAD : (byte)0,
        ifa_index = (uint)index,
    };

    private void Call(RouteRequest request, string subject)
    {
        Send(request);
        Receive($"rtnetlink {request.Type}", subject, null);
    }

    private void Send(RouteRequest request) => _socket.Write(request.Finish(++_sequence));

    /// <summary>Up to the acknowledgement of the last request, or a dump's end.</summary>
    /// <exception cref="ErrnoException">The kernel refused.</exception>
    private void Receive(string call, string subject, NetlinkHandler? handle)
    {
        while (true)
        {
            NetlinkMessages messages = new(_datagram.AsSpan(0, _socket.Read(_datagram)));
            while (messages.MoveNext())
            {
                if (messages.Sequence != _sequence)
                {
                    continue;
                }

                if (messages.Type == Netlink.NLMSG_ERROR)
                {
                    int errno = messages.ReadError();
                    if (errno != 0)
                    {
                        throw new ErrnoException(call, errno, subject);
                    }

                    return;
                }

                if (messages.Type == Netlink.NLMSG_DONE)
                {
                    return;
                }

                handle?.Invoke(messages.Type, messages.Payload);
            }
        }
    }

    private delegate void NetlinkHandler(ushort type, ReadOnlySpan<byte> payload);
}
