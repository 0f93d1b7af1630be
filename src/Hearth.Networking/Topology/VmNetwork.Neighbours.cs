using System.Net;
using System.Net.Sockets;
using Hearth.Linux.Routing;
using Hearth.Networking.Neighbours;

namespace Hearth.Networking.Topology;

// A VM on a named network has another address there, beside its own. In the namespace, for an address A of a subnet S:
//
//   to A            dev br0, with the guest's hardware address: what neighbours send
//   to S            dev net0 (Neighbours/NeighbourRelay.cs): what the guest sends, and errors of the namespace
//   from A          a table of its own: to S dev net0, else unreachable. The uplink knows nothing of A, and an old pasta
//                   would answer to it from then on.

/// <content>Its places on named networks.</content>
public sealed partial class VmNetwork
{
    private const byte FirstTable = 100;
    private const int MostMemberships = 100;

    private readonly SortedDictionary<byte, Membership> _memberships = [];
    private NeighbourRelay? _relay;

    /// <summary>Called with each packet that a neighbour sends to the guest; from any thread.</summary>
    public Action NeighbourSpoke { get; set; } = static () => { };

    /// <summary>In the order in which they were joined.</summary>
    public IReadOnlyList<Membership> Memberships
    {
        get
        {
            lock (_lock)
            {
                return [.. _memberships.Values];
            }
        }
    }

    /// <summary>From now on the guest's packets reach its neighbours on a network, and theirs reach it, at an address that is the VM's alone.</summary>
    public void Join(Membership membership)
    {
        lock (_lock)
        {
            using RouteSocket routes = _space.OpenRoutes();
            OpenRelay(routes);
            byte table = (byte)Enumerable.Range(FirstTable, MostMemberships).First(number => !_memberships.ContainsKey((byte)number));
            int bridge = routes.IndexOf(Bridge);
            int neighbours = routes.IndexOf(NeighbourRelay.Interface);
            foreach ((IPAddress address, IPNetwork subnet) in membership.Places)
            {
                routes.AddLinkRoute(Alone(address), bridge);
                routes.AddNeighbour(bridge, address, Guest.Station);
                routes.AddLinkRoute(subnet, neighbours);
                routes.AddLinkRoute(subnet, neighbours, table);
                routes.AddLinkRoute(Everywhere(address), 0, table);
                routes.AddSource(address, table);
            }

            _relay!.Join(membership);
            _memberships[table] = membership;
        }
    }

    public void Leave(string network)
    {
        lock (_lock)
        {
            if (!_memberships.Any(pair => pair.Value.Network == network))
            {
                return;
            }

            (byte table, Membership membership) = _memberships.First(pair => pair.Value.Network == network);
            _memberships.Remove(table);
            _relay!.Leave(network);
            using RouteSocket routes = _space.OpenRoutes();
            int bridge = routes.IndexOf(Bridge);
            int neighbours = routes.IndexOf(NeighbourRelay.Interface);
            foreach ((IPAddress address, IPNetwork subnet) in membership.Places)
            {
                routes.RemoveSource(address, table);
                routes.RemoveLinkRoute(Everywhere(address), 0, table);
                routes.RemoveLinkRoute(subnet, neighbours, table);
                routes.RemoveLinkRoute(subnet, neighbours);
                routes.RemoveLinkRoute(Alone(address), bridge);
            }
        }
    }

    /// <summary>Errors that another namespace tells of come from the gateway's address, which this one has as well.</summary>
    private void OpenRelay(RouteSocket routes)
    {
        if (_relay is not null)
        {
            return;
        }

        Microsoft.Win32.SafeHandles.SafeFileHandle packets = _space.OpenTun(NeighbourRelay.Interface);
        try
        {
            _space.Configure(($"ipv4/conf/{NeighbourRelay.Interface}/accept_local", "1"));
            routes.Set(routes.IndexOf(NeighbourRelay.Interface), up: true, mtu: Pasta.Mtu);
        }
        catch
        {
            packets.Dispose();
            throw;
        }

        _relay = new NeighbourRelay(packets, Guest.Gateway6 is { } gateway6 ? [Guest.Gateway, gateway6] : [Guest.Gateway], () => NeighbourSpoke());
    }

    private static IPNetwork Alone(IPAddress address) => new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);

    private static IPNetwork Everywhere(IPAddress address) => new(address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
}
