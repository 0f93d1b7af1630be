using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Store;
using Hearth.Networking.Dns;
using Hearth.Networking.Leases;

namespace Hearth.Engine.Networks;

// A name is looked up where names are: names/<name> has a VM's id, its state.json the addresses, and the lease says whether it lives. So there is
// no table that could be stale: a VM that is renamed, ends or is killed is known by its new name, or not at all, with the next question.

/// <summary>The names of the VMs on a VM's networks: <c>web</c>, and <c>web.NETWORK.hearth.internal</c>.</summary>
/// <param name="paths">The home.</param>
/// <param name="networks">The names of the networks that the asking VM is on.</param>
internal sealed class NeighbourNames(HearthPaths paths, Func<IReadOnlyList<string>> networks) : INeighbourNames
{
    private readonly NetworkStore _store = new(paths);

    public IReadOnlyList<IPAddress>? AddressesOf(string name)
    {
        string[] labels = name.Split('.');
        bool isFull = labels.Length == 4 && name.EndsWith(StaticNames.Suffix, StringComparison.Ordinal);
        if ((labels.Length != 1 && !isFull) || !DnsLabel.IsValid(labels[0]) || Read(labels[0]) is not { } vm)
        {
            return null;
        }

        List<IPAddress> addresses = [];
        foreach (string network in networks().Where(network => !isFull || network == labels[1]))
        {
            foreach (NetworkPlace place in vm.State.Networks.Where(place => place.Network == network))
            {
                IPAddress[] own = [IPAddress.Parse(place.Address), .. place.Address6 is { } address6 ? (IPAddress[])[IPAddress.Parse(address6)] : []];
                addresses.AddRange(own.Where(address => Pools(network).Any(pool => pool.OwnerOf(address) == vm.Spec.Id)));
            }
        }

        return addresses.Count > 0 ? addresses : null;
    }

    public string? NameOf(IPAddress address)
    {
        foreach (string network in networks())
        {
            foreach (AddressPool pool in Pools(network))
            {
                if (pool.OwnerOf(address) is { } owner && VmFiles.TryRead(paths.Vm(owner)) is { } vm)
                {
                    return $"{vm.Spec.Name}.{network}{StaticNames.Suffix}";
                }
            }
        }

        return null;
    }

    private IEnumerable<AddressPool> Pools(string network)
    {
        try
        {
            return _store.Pools(_store.Require(network));
        }
        catch (HearthException)
        {
            return []; // Its files were taken away by hand.
        }
    }

    private (VmSpec Spec, VmState State)? Read(string name)
    {
        try
        {
            string id = File.ReadAllText(Path.Combine(paths.Names, name)).Trim();
            return VmId.IsPrefix(id) ? VmFiles.TryRead(paths.Vm(id)) : null;
        }
        catch (Exception e) when (e is IOException or HearthException)
        {
            return null;
        }
    }
}
