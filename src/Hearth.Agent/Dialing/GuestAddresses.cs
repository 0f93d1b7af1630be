using System.Globalization;
using System.Net;
using Hearth.Linux.Guest;

namespace Hearth.Agent.Dialing;

/// <summary>Where a service of this guest may listen, in the order in which it is tried.</summary>
internal static class GuestAddresses
{
    /// <summary>The guest's own network device; missing without a network.</summary>
    private const string Device = "eth0";

    public static IEnumerable<IPAddress> All()
    {
        yield return IPAddress.Loopback;
        yield return IPAddress.IPv6Loopback;
        if (NetworkDevice.TryReadAddress(Device) is { } address)
        {
            yield return address;
        }

        if (File.Exists(TableOfIPv6))
        {
            foreach (IPAddress other in Parse(File.ReadLines(TableOfIPv6), Device))
            {
                yield return other;
            }
        }
    }

    private const string TableOfIPv6 = "/proc/self/net/if_inet6";

    /// <summary>Lines of <c>/proc/net/if_inet6</c>: address, index, prefix, scope (0 is global), flags, device; numbers in hexadecimal.</summary>
    internal static IEnumerable<IPAddress> Parse(IEnumerable<string> lines, string device)
    {
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 6 && words[5] == device && words[3] == "00" && UInt128.TryParse(words[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 bits))
            {
                byte[] bytes = new byte[16];
                System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, bits);
                yield return new IPAddress(bytes);
            }
        }
    }
}
