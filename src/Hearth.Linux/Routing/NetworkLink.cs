using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net.NetworkInformation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Routing;

/// <summary>A network interface.</summary>
/// <param name="Index">The kernel's number for it.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsUp">IFF_UP.</param>
/// <param name="Mtu">Most bytes of a packet.</param>
/// <param name="Address">Its hardware address.</param>
/// <param name="Type">ARPHRD_…: 1 is Ethernet, 772 loopback.</param>
public sealed record NetworkLink(int Index, string Name, bool IsUp, int Mtu, PhysicalAddress Address, int Type)
{
    public bool IsEthernet => Type == 1;

    /// <summary>Reads an RTM_NEWLINK; false when it is none.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out NetworkLink? link)
    {
        link = null;
        if (!MemoryMarshal.TryRead(payload, out RouteMessages.ifinfomsg message))
        {
            return false;
        }

        ReadOnlySpan<byte> attributes = payload[Unsafe.SizeOf<RouteMessages.ifinfomsg>()..];
        ReadOnlySpan<byte> mtu = RouteAttributes.Find(attributes, RouteMessages.IFLA_MTU);
        link = new NetworkLink(
            message.ifi_index,
            Encoding.ASCII.GetString(RouteAttributes.Find(attributes, RouteMessages.IFLA_IFNAME).TrimEnd((byte)0)),
            (message.ifi_flags & RouteMessages.IFF_UP) != 0,
            mtu.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(mtu) : 0,
            new PhysicalAddress(RouteAttributes.Find(attributes, RouteMessages.IFLA_ADDRESS).ToArray()),
            message.ifi_type);
        return true;
    }
}
