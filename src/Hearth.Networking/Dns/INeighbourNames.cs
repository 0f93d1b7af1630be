using System.Net;

namespace Hearth.Networking.Dns;

/// <summary>The names of a VM's neighbours. Asked with every question that nothing else answers, from several at once.</summary>
public interface INeighbourNames
{
    /// <summary>The addresses of a name in lower case; null for a name that is no neighbour's.</summary>
    IReadOnlyList<IPAddress>? AddressesOf(string name);

    /// <summary>The full name of who has an address; null for nobody.</summary>
    string? NameOf(IPAddress address);
}
