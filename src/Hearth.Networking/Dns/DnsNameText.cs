using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hearth.Networking.Dns;

/// <summary>
/// Names as text: lower case, labels joined by dots, none at the end. A byte of a label that is no letter, digit, '-', '_' or
/// '*' is written <c>\ddd</c> (RFC 1035 §5.1), so that a dot within a label is never taken for a border between two: what
/// compares names as text decides about the name that the resolver sees.
/// </summary>
public static class DnsNameText
{
    internal const int MaxLabelBytes = 63;

    /// <summary>With the length bytes and the root's (RFC 1035 §2.3.4).</summary>
    internal const int MaxWireBytes = 255;

    /// <summary>A name that a person wrote, as it is compared; false when it cannot be one.</summary>
    public static bool TryNormalize(string text, out string name)
    {
        name = (text.EndsWith('.') ? text[..^1] : text).ToLowerInvariant();
        return name.Length is > 0 and < MaxWireBytes - 1
            && name.Split('.').All(static label => label.Length is > 0 and <= MaxLabelBytes && label.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
    }

    /// <summary>The name under which an address's PTR record is asked for (RFC 1035 §3.5, RFC 3596 §2.5).</summary>
    public static string Reverse(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        Array.Reverse(bytes);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? string.Join('.', bytes) + ".in-addr.arpa"
            : string.Concat(bytes.Select(static b => string.Create(CultureInfo.InvariantCulture, $"{b & 15:x}.{b >> 4:x}."))) + "ip6.arpa";
    }

    /// <summary>The address whose PTR record a name asks for; false for other names.</summary>
    public static bool TryReverse(string name, [NotNullWhen(true)] out IPAddress? address)
    {
        const string Ipv4 = ".in-addr.arpa";
        const string Ipv6 = ".ip6.arpa";
        address = null;
        if (name.EndsWith(Ipv4, StringComparison.Ordinal))
        {
            string[] bytes = name[..^Ipv4.Length].Split('.');
            Array.Reverse(bytes);
            return bytes.Length == 4 && IPAddress.TryParse(string.Join('.', bytes), out address);
        }

        if (!name.EndsWith(Ipv6, StringComparison.Ordinal))
        {
            return false;
        }

        string digits = string.Concat(Enumerable.Reverse(name[..^Ipv6.Length].Split('.')));
        address = digits.Length == 32 && digits.All(char.IsAsciiHexDigit) ? new IPAddress(Convert.FromHexString(digits)) : null;
        return address is not null;
    }

    internal static void AppendLabel(StringBuilder name, ReadOnlySpan<byte> label)
    {
        if (name.Length > 0)
        {
            name.Append('.');
        }

        foreach (byte b in label)
        {
            char c = char.ToLowerInvariant((char)b);
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '*')
            {
                name.Append(c);
            }
            else
            {
                name.Append('\\').Append(b.ToString("d3", CultureInfo.InvariantCulture));
            }
        }
    }
}
