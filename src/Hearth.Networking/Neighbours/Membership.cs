using System.Net;
using System.Net.Sockets;

namespace Hearth.Networking.Neighbours;

/// <summary>A VM's place on a named network.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Sockets">The directory where each of its VMs has a socket, by address.</param>
/// <param name="Places">The VM's address with its subnet, for each family that the network has: IPv4 first.</param>
public sealed record Membership(string Network, string Sockets, IReadOnlyList<(IPAddress Address, IPNetwork Subnet)> Places)
{
    /// <summary>The VM's IPv4 address there.</summary>
    public IPAddress Address => Places[0].Address;

    /// <summary>Null on a network without IPv6.</summary>
    public IPAddress? Address6 => Places.FirstOrDefault(static place => place.Address.AddressFamily == AddressFamily.InterNetworkV6).Address;

    /// <summary>The VM's own address in the subnet that <paramref name="other"/> is in; null when it is in none.</summary>
    internal IPAddress? OwnBeside(IPAddress other)
    {
        foreach ((IPAddress address, IPNetwork subnet) in Places)
        {
            if (subnet.BaseAddress.AddressFamily == other.AddressFamily && subnet.Contains(other))
            {
                return address;
            }
        }

        return null;
    }
}
