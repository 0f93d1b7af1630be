using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Networking.Leases;
using Hearth.Networking.Neighbours;
using Hearth.Networking.Topology;

namespace Hearth.Engine.Networks;

/// <summary>The named networks that a running VM is on, with the addresses that it has leased there. One change at a time.</summary>
internal sealed class NamedNetworks(NetworkStore store, VmNetwork network, string vmId) : IDisposable
{
    private readonly Dictionary<string, IReadOnlyList<AddressLease>> _leases = [];

    public IReadOnlyList<NetworkPlace> Places =>
        [.. network.Memberships.Select(static membership => new NetworkPlace(membership.Network, membership.Address.ToString(), membership.Address6?.ToString()))];

    /// <exception cref="HearthException"><c>network.not-found</c>, <c>network.exhausted</c>, <c>network.joined</c>.</exception>
    public async Task JoinAsync(string name, CancellationToken cancellationToken)
    {
        NamedNetwork asked = store.Require(name);
        if (_leases.ContainsKey(name))
        {
            throw new HearthException("network.joined", $"The VM is on network {name} already.", null, 1);
        }

        List<AddressLease> leases = [];
        try
        {
            List<(IPAddress, IPNetwork)> places = [];
            foreach (AddressPool pool in store.Pools(asked).Where(pool => pool.Network.BaseAddress.AddressFamily == AddressFamily.InterNetwork || network.Guest.Gateway6 is not null))
            {
                AddressLease lease = await pool.TakeAsync(vmId, null, cancellationToken);
                leases.Add(lease);
                places.Add((lease.Address, pool.Network));
            }

            network.Join(new Membership(name, store.SocketsOf(name), places));
            _leases[name] = leases;
        }
        catch
        {
            leases.ForEach(static lease => lease.Dispose());
            throw;
        }
    }

    public void Leave(string name)
    {
        network.Leave(name);
        if (_leases.Remove(name, out IReadOnlyList<AddressLease>? leases))
        {
            End(leases);
        }
    }

    /// <summary>After the network is gone.</summary>
    public void Dispose()
    {
        foreach (IReadOnlyList<AddressLease> leases in _leases.Values)
        {
            End(leases);
        }

        _leases.Clear();
    }

    private static void End(IReadOnlyList<AddressLease> leases)
    {
        foreach (AddressLease lease in leases)
        {
            lease.Dispose();
        }
    }
}
