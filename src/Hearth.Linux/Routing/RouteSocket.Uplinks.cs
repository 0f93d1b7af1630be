using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Routing;

/// <content>Ways from one namespace into another, and where they lead on.</content>
public sealed partial class RouteSocket
{
    /// <summary>Two interfaces that are each other's other end (veth(4)). Both are down.</summary>
    /// <param name="name">Of that which is here.</param>
    /// <param name="address">Its hardware address.</param>
    /// <param name="peer">Name of the other.</param>
    /// <param name="mtu">Of both.</param>
    /// <param name="peerAddress">The other's hardware address; null: what the kernel makes up.</param>
    /// <param name="peerSpace">The other's network namespace; with that it goes, and so do both. Null: it is here, too.</param>
    /// <exception cref="ErrnoException">EEXIST: there is one of that name; EPERM: no CAP_NET_ADMIN in both namespaces.</exception>
    public void AddPair(string name, PhysicalAddress address, string peer, int mtu, PhysicalAddress? peerAddress = null, SafeFileHandle? peerSpace = null)
    {
        bool referenced = false;
        try
        {
            peerSpace?.DangerousAddRef(ref referenced);
            Call(
                RouteRequest.Of(RouteMessages.RTM_NEWLINK, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_EXCL, new RouteMessages.ifinfomsg())
                    .With(RouteMessages.IFLA_IFNAME, name)
                    .With(RouteMessages.IFLA_MTU, mtu)
                    .With(RouteMessages.IFLA_ADDRESS, address.GetAddressBytes())
                    .Nest(RouteMessages.IFLA_LINKINFO, info => info
                        .With(RouteMessages.IFLA_INFO_KIND, "veth"u8)
                        .Nest(RouteMessages.IFLA_INFO_DATA, data => data
                            .Nest(RouteMessages.VETH_INFO_PEER, other => DescribePeer(other, peer, mtu, peerAddress, peerSpace)))),
                $"interfaces {name} and {peer}");
        }
        finally
        {
            if (referenced)
            {
                peerSpace!.DangerousRelease();
            }
        }
    }

    /// <summary>The number of an interface, asked for by name alone, whatever the number of interfaces; null: there is none.</summary>
    public int? IndexNamed(string name)
    {
        Send(RouteRequest.Of(RouteMessages.RTM_GETLINK, 0, new RouteMessages.ifinfomsg()).With(RouteMessages.IFLA_IFNAME, name));
        return ReadLink(name)?.Index;
    }

    /// <summary>An interface by its number; null: there is none.</summary>
    public NetworkLink? Link(int index)
    {
        Send(RouteRequest.Of(RouteMessages.RTM_GETLINK, 0, new RouteMessages.ifinfomsg { ifi_index = index }));
        return ReadLink($"interface {index}");
    }

    /// <summary>An interface makes no IPv6 address of its own when it comes up. Nothing where the kernel has no IPv6.</summary>
    public void MakeNoAddresses(int index)
    {
        const ushort InternetVersion6 = 10; // AF_INET6
        try
        {
            Call(
                RouteRequest.Of(RouteMessages.RTM_SETLINK, 0, new RouteMessages.ifinfomsg { ifi_index = index })
                    .Nest(RouteMessages.IFLA_AF_SPEC, static families => families
                        .Nest(InternetVersion6, static family => family.With(RouteMessages.IFLA_INET6_ADDR_GEN_MODE, (ReadOnlySpan<byte>)[RouteMessages.IN6_ADDR_GEN_MODE_NONE]))),
                $"interface {index}");
        }
        catch (ErrnoException e) when (e.Errno == Errno.EAFNOSUPPORT)
        {
            // There are none to make.
        }
    }

    /// <summary>Answers on an interface's link for an address that is routed elsewhere (proxy NDP); the interface's setting <c>proxy_ndp</c> must be 1.</summary>
    public void AddProxy(int index, IPAddress address) => Call(
        RouteRequest.Of(RouteMessages.RTM_NEWNEIGH, RouteMessages.NLM_F_CREATE | RouteMessages.NLM_F_REPLACE, Proxy(index, address)).With(RouteMessages.NDA_DST, address), $"proxy for {address}");

    /// <summary>As if <see cref="AddProxy"/> had not been; nothing when it has not, or the interface is gone.</summary>
    public void RemoveProxy(int index, IPAddress address)
    {
        try
        {
            Call(RouteRequest.Of(RouteMessages.RTM_DELNEIGH, 0, Proxy(index, address)).With(RouteMessages.NDA_DST, address), $"proxy for {address}");
        }
        catch (ErrnoException e) when (e.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            // It is not there.
        }
    }

    /// <summary>What of the routing tables an address falls under (<c>ip route get fibmatch</c>); null: nothing.</summary>
    public RouteMatch? Lookup(IPAddress destination)
    {
        RouteMatch? match = null;
        Send(RouteRequest.Of(RouteMessages.RTM_GETROUTE, 0, new RouteMessages.rtmsg
        {
            rtm_family = Family(destination),
            rtm_dst_len = (byte)(destination.GetAddressBytes().Length * 8),
            rtm_flags = RouteMessages.RTM_F_FIB_MATCH,
        }).With(RouteMessages.RTA_DST, destination));
        try
        {
            Receive("RTM_GETROUTE", destination.ToString(), (type, payload) =>
            {
                if (type == RouteMessages.RTM_NEWROUTE && MemoryMarshal.TryRead(payload, out RouteMessages.rtmsg message))
                {
                    ReadOnlySpan<byte> attributes = payload[Unsafe.SizeOf<RouteMessages.rtmsg>()..];
                    ReadOnlySpan<byte> index = RouteAttributes.Find(attributes, RouteMessages.RTA_OIF);
                    match = new RouteMatch(
                        message.rtm_dst_len,
                        message.rtm_type == RouteMessages.RTN_UNICAST,
                        index.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(index) : null,
                        !RouteAttributes.Find(attributes, RouteMessages.RTA_GATEWAY).IsEmpty);
                }
            });
        }
        catch (ErrnoException e) when (e.Errno == Errno.ENETUNREACH)
        {
            return null;
        }
        catch (ErrnoException e) when (e.Errno is Errno.EHOSTUNREACH or Errno.EACCES or Errno.EINVAL)
        {
            return new RouteMatch(0, IsReachable: false, null, HasGateway: false); // unreachable, prohibit, blackhole (ip-route(8)); it does not say which prefix.
        }

        return match;
    }

    private static RouteMessages.ndmsg Proxy(int index, IPAddress address) => new() { ndm_family = Family(address), ndm_ifindex = index, ndm_flags = RouteMessages.NTF_PROXY };

    private NetworkLink? ReadLink(string subject)
    {
        NetworkLink? found = null;
        try
        {
            Receive("RTM_GETLINK", subject, (type, payload) =>
            {
                if (type == RouteMessages.RTM_NEWLINK && NetworkLink.TryParse(payload, out NetworkLink? link))
                {
                    found = link;
                }
            });
        }
        catch (ErrnoException e) when (e.Errno == Errno.ENODEV)
        {
            return null;
        }

        return found;
    }

    private static void DescribePeer(RouteRequest other, string name, int mtu, PhysicalAddress? address, SafeFileHandle? space)
    {
        other.Body(new RouteMessages.ifinfomsg()).With(RouteMessages.IFLA_IFNAME, name).With(RouteMessages.IFLA_MTU, mtu);
        _ = address is not null ? other.With(RouteMessages.IFLA_ADDRESS, address.GetAddressBytes()) : other;
        _ = space is not null ? other.With(RouteMessages.IFLA_NET_NS_FD, (int)space.DangerousGetHandle()) : other;
    }
}
