using System.Net.NetworkInformation;
using System.Net;
using System.Text;
using Hearth.Core.Hashing;

namespace Hearth.Networking.Topology;

/// <summary>What the guest's interface is given, and what is on the other side of it.</summary>
/// <param name="Station">The guest's hardware address.</param>
/// <param name="Mtu">Most bytes of a packet.</param>
/// <param name="Address">IPv4, with the bits of its network.</param>
/// <param name="Gateway">The next hop; Hearth answers names there.</param>
/// <param name="Address6">IPv6; null when the host has no way out for it.</param>
/// <param name="Gateway6">As <paramref name="Gateway"/>.</param>
/// <param name="Window">The most bytes that a TCP connection has under way to the guest; null: no bound.</param>
public sealed record GuestAddressing(
    PhysicalAddress Station,
    int Mtu,
    (IPAddress Address, int Prefix) Address,
    IPAddress Gateway,
    (IPAddress Address, int Prefix)? Address6,
    IPAddress? Gateway6,
    int? Window = null)
{
    /// <summary>IPv6 wants one on each interface. The same for all guests, as each is alone on its link: a copy has its hardware address to change, and nothing else.</summary>
    private static readonly IPAddress s_linkLocal = IPAddress.Parse("fe80::100");

    /// <summary>All that the guest's interface is given, IPv6's own link-local one among them.</summary>
    public IReadOnlyList<(IPAddress Address, int Prefix)> Addresses => Address6 is { } address6 ? [Address, address6, (s_linkLocal, 64)] : [Address];

    /// <summary>A locally administered address that a VM's id decides, so that a restart has the same and a clone another.</summary>
    public static PhysicalAddress StationOf(string vmId)
    {
        byte[] hash = Sha256.HashData(Encoding.ASCII.GetBytes(vmId));
        return new PhysicalAddress([0x02, 0x48, hash[0], hash[1], hash[2], hash[3]]);
    }

    /// <summary><c>02:48:…</c>, as tools write it.</summary>
    public static string Text(PhysicalAddress station) => string.Join(':', station.GetAddressBytes().Select(static b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
}
