namespace Hearth.Networking.Topology;

/// <summary>What the host can reach.</summary>
internal static class HostRoutes
{
    /// <summary>Whether there is a default route for IPv6 (<c>/proc/net/ipv6_route</c>: destination, bits, …, flags, interface).</summary>
    public static bool HasDefaultIPv6(string file = "/proc/net/ipv6_route")
    {
        const uint Rejects = 0x0200; // RTF_REJECT: the entry that says there is none.
        return File.Exists(file) && File.ReadLines(file).Any(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var destination, "00", .., var flags, var device]
            && destination.All(static c => c == '0')
            && device != "lo"
            && uint.TryParse(flags, System.Globalization.NumberStyles.AllowHexSpecifier, null, out uint value)
            && (value & Rejects) == 0);
    }
}
