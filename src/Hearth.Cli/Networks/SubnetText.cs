using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Networking.Egress;

namespace Hearth.Cli.Networks;

/// <summary>Subnets as <c>--subnet</c> takes them.</summary>
internal static class SubnetText
{
    /// <summary>One of each family at most.</summary>
    /// <exception cref="HearthException"><c>network.subnet</c>.</exception>
    public static (IPNetwork? Subnet, IPNetwork? Subnet6) Read(string[] texts)
    {
        IPNetwork[] subnets = [.. texts.Select(Parse)];
        IPNetwork[] ipv4 = [.. subnets.Where(static subnet => subnet.BaseAddress.AddressFamily == AddressFamily.InterNetwork)];
        IPNetwork[] ipv6 = [.. subnets.Except(ipv4)];
        return ipv4.Length > 1 || ipv6.Length > 1
            ? throw new HearthException("network.subnet", $"--subnet {texts[^1]}: a network has one subnet of each family.", "Make a second network.", ExitCodes.Usage)
            : (ipv4.Length == 1 ? ipv4[0] : null, ipv6.Length == 1 ? ipv6[0] : null);
    }

    private static IPNetwork Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string cure = "It is written as in 10.89.7.0/24 or fd00:1::/64.";
        if (slash > 0 && IPAddress.TryParse(text.AsSpan(0, slash), out IPAddress? address)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
        {
            IPAddress first = NetworkMath.Mask(address, bits);
            if (first.Equals(address))
            {
                return new IPNetwork(address, bits);
            }

            cure = $"Its first address is {first}: give {first}/{bits}."; // Since .NET 10 IPNetwork itself takes any address of the network.
        }

        throw new HearthException("network.subnet", $"--subnet {text}: not a subnet.", cure, ExitCodes.Usage);
    }
}
