using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Numerics;

namespace Hearth.Networking.Topology;

/// <summary>What the host can reach.</summary>
public static class HostRoutes
{
    private const uint Rejects = 0x0200; // RTF_REJECT: the entry that says there is none.

    /// <summary>The networks that the host has routes to, without its default routes and what every host has itself (loopback, link-local, multicast).</summary>
    /// <param name="ipv4">As <c>/proc/net/route</c>: interface, destination, gateway, flags, …, mask, in hexadecimal of the host's byte order.</param>
    /// <param name="ipv6">As <c>/proc/net/ipv6_route</c>.</param>
    public static IReadOnlyList<IPNetwork> Destinations(string ipv4 = "/proc/net/route", string ipv6 = "/proc/net/ipv6_route")
    {
        List<IPNetwork> networks = [];
        foreach (string[] fields in Lines(ipv4))
        {
            if (fields is [_, var destination, _, _, _, _, _, var mask, ..] && Number(destination) is { } bits && Number(mask) is { } ones and not 0)
            {
                byte[] bytes = new byte[4];
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, bits & ones);
                networks.Add(new IPNetwork(new IPAddress(bytes), BitOperations.PopCount(ones)));
            }
        }

        foreach (string[] fields in Lines(ipv6))
        {
            if (fields is [{ Length: 32 } destination, var length, .., var flags, var device]
                && Number(length) is { } prefix and > 0 and <= 128 && Number(flags) is { } set && (set & Rejects) == 0 && device != "lo"
                && new IPAddress(Convert.FromHexString(destination)) is { IsIPv6LinkLocal: false, IsIPv6Multicast: false } address)
            {
                networks.Add(new IPNetwork(address, (int)prefix));
            }
        }

        return networks;
    }

    private static IEnumerable<string[]> Lines(string file) =>
        File.Exists(file) ? File.ReadLines(file).Select(static line => line.Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries)) : [];

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, null, out uint value) ? value : null;

    /// <summary>
    /// Whether there is a default route for IPv6 (<c>/proc/net/ipv6_route</c>: destination, bits, …, flags, interface): pasta looks for one, and does without IPv6
    /// when there is none. Where the kernel forwards, any route outside will do (<see cref="Kernel.HostNetwork"/>).
    /// </summary>
    public static bool HasDefaultIPv6(string file = "/proc/net/ipv6_route") => Lines(file).Any(static fields => fields is [var destination, "00", .., var flags, var device]
        && destination.All(static c => c == '0') && device != "lo" && Number(flags) is { } set && (set & Rejects) == 0);
}
