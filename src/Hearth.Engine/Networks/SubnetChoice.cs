using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Hashing;
using Hearth.Core.Specs;
using Hearth.Networking.Topology;

namespace Hearth.Engine.Networks;

/// <summary>Finds subnets for named networks, and refuses those that would hide something.</summary>
/// <param name="networks">The networks there are.</param>
/// <param name="routed">What the host has routes to, without its default routes: a guest could not reach it any more.</param>
public sealed class SubnetChoice(IReadOnlyList<NamedNetwork> networks, IReadOnlyList<IPNetwork> routed)
{
    private const int LeastHostBits = 3;

    /// <summary>Each 10.89.x.0/24, then each 10.90.x.0/24.</summary>
    private static readonly byte[] s_seconds = [89, 90];

    /// <exception cref="HearthException"><c>network.no-subnet</c>: there are more than 500.</exception>
    public IPNetwork Find4()
    {
        foreach (byte second in s_seconds)
        {
            for (int third = 0; third <= byte.MaxValue; third++)
            {
                IPNetwork subnet = new(new IPAddress([10, second, (byte)third, 0]), 24);
                if (Obstacle(subnet) is null)
                {
                    return subnet;
                }
            }
        }

        throw new HearthException("network.no-subnet", "No subnet is free.", "Give one with --subnet, or remove networks ('hearth network prune').");
    }

    /// <summary>A /64 of the unique local addresses (RFC 4193) that the network's name decides.</summary>
    /// <exception cref="HearthException"><c>network.no-subnet</c>.</exception>
    public IPNetwork Find6(string name)
    {
        const int MostTries = 16;
        for (int i = 0; i < MostTries; i++)
        {
            byte[] hash = Sha256.HashData(Encoding.UTF8.GetBytes($"{name}\n{i}"));
            IPNetwork subnet = new(new IPAddress([0xfd, .. hash.AsSpan(0, 7), 0, 0, 0, 0, 0, 0, 0, 0]), 64);
            if (Obstacle(subnet) is null)
            {
                return subnet;
            }
        }

        throw new HearthException("network.no-subnet", "No IPv6 subnet is free.", "Give one with --subnet.");
    }

    /// <exception cref="HearthException"><c>network.overlap</c>, <c>network.subnet</c>.</exception>
    public IPNetwork Check(IPNetwork subnet)
    {
        int bits = subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        if (bits - subnet.PrefixLength < LeastHostBits)
        {
            throw new HearthException("network.subnet", $"{subnet} has no room for VMs.", $"Give a subnet of /{bits - LeastHostBits} or wider.", ExitCodes.Usage);
        }

        return Obstacle(subnet) is { } obstacle
            ? throw new HearthException("network.overlap", $"{subnet} overlaps with {obstacle}.", "Give another subnet, or leave --subnet out.", 1)
            : subnet;
    }

    private string? Obstacle(IPNetwork subnet)
    {
        foreach (NamedNetwork network in networks)
        {
            if (Overlap(subnet, IPNetwork.Parse(network.Subnet)) || (network.Subnet6 is { } subnet6 && Overlap(subnet, IPNetwork.Parse(subnet6))))
            {
                return $"that of network {network.Name} ({(subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? network.Subnet : network.Subnet6)})";
            }
        }

        foreach (IPNetwork own in VmNetwork.OwnSubnets.Where(own => Overlap(subnet, own)))
        {
            return $"{own}, which every VM has itself";
        }

        foreach (IPNetwork route in routed.Where(route => Overlap(subnet, route)))
        {
            return $"{route}, which this host has a route to";
        }

        return null;
    }

    private static bool Overlap(IPNetwork one, IPNetwork other) => one.BaseAddress.AddressFamily == other.BaseAddress.AddressFamily && (one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress));
}
