using System.Globalization;
using System.Net;
using System.Text;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Proxy;

/// <summary>
/// The head of an HTTP/1 request (RFC 9112), read strictly: where two servers could see two different requests (bare CR or LF,
/// folded lines, two hosts, two lengths, a length beside chunks), it is refused.
/// </summary>
/// <param name="State">How far it was read.</param>
/// <param name="Name">The host that the request is for; null when it names none, or an address.</param>
/// <param name="Bytes">What the head takes in the stream, with empty lines before it.</param>
/// <param name="BodyBytes">What follows it; null for chunks.</param>
/// <param name="IsWebSocket">It asks for a WebSocket (RFC 6455 §4.1).</param>
/// <param name="Fault">Why it was refused.</param>
internal readonly record struct HttpRequestHead(HeadState State, string? Name = null, int Bytes = 0, long? BodyBytes = 0, bool IsWebSocket = false, string? Fault = null)
{
    internal const int MaxBytes = 32 * 1024;

    /// <summary>"PRI * HTTP/2.0": the preface of HTTP/2 without TLS (RFC 9113 §3.4), whose later requests are not readable here.</summary>
    private const string Http2Method = "PRI";

    public static HttpRequestHead Parse(ReadOnlySpan<byte> stream)
    {
        int start = 0;
        while (stream[start..].StartsWith("\r\n"u8))
        {
            start += 2;
        }

        int end = stream[start..].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return stream.Length < MaxBytes ? new HttpRequestHead(HeadState.More) : Refuse($"a head larger than {MaxBytes / 1024} KiB");
        }

        if (start + end + 4 > MaxBytes)
        {
            return Refuse($"a head larger than {MaxBytes / 1024} KiB");
        }

        string[] lines = Encoding.Latin1.GetString(stream.Slice(start, end)).Split("\r\n");
        if (lines.Any(static line => line.Any(static c => c is '\r' or '\n' or '\0')))
        {
            return Refuse("a control character in the head");
        }

        if (ParseRequestLine(lines[0], out string? authority) is { } fault)
        {
            return Refuse(fault);
        }

        return ParseFields(lines.AsSpan(1), lines[0].StartsWith("GET ", StringComparison.Ordinal), lines[0].EndsWith(".0", StringComparison.Ordinal), authority, start + end + 4);
    }

    private static HttpRequestHead Refuse(string fault) => new(HeadState.Refused, Fault: fault);

    private static string? ParseRequestLine(string line, out string? authority)
    {
        authority = null;
        string[] words = line.Split(' ');
        if (words is [Http2Method, ..])
        {
            return "HTTP/2 without TLS";
        }

        if (words is not [{ Length: > 0 } method, { Length: > 0 } target, "HTTP/1.1" or "HTTP/1.0"] || !IsToken(method) || target.Any(static c => c <= ' ' || c == '\x7f'))
        {
            return "a request line that is none";
        }

        if (method.Equals("CONNECT", StringComparison.OrdinalIgnoreCase))
        {
            return "CONNECT";
        }

        int scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (target[0] == '/' || target == "*")
        {
            return null;
        }

        if (scheme < 0 || target[..scheme].ToLowerInvariant() is not ("http" or "https"))
        {
            return "a target that is no path and no address of HTTP";
        }

        string behind = target[(scheme + 3)..];
        int end = behind.AsSpan().IndexOfAny('/', '?', '#');
        authority = end < 0 ? behind : behind[..end];
        return null;
    }

    private static HttpRequestHead ParseFields(ReadOnlySpan<string> lines, bool isGet, bool isOldVersion, string? authority, int bytes)
    {
        string? host = null, length = null, coding = null, upgrade = null;
        foreach (string line in lines)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !IsToken(line[..colon]))
            {
                return Refuse("a field that has no name, or a blank before or in it");
            }

            string value = line[(colon + 1)..].Trim(' ', '\t');
            bool isTwice = line[..colon].ToLowerInvariant() switch
            {
                "host" => Set(ref host, value),
                "content-length" => Set(ref length, value),
                "transfer-encoding" => Set(ref coding, value),
                "upgrade" => Set(ref upgrade, value),
                _ => false,
            };
            if (isTwice)
            {
                return Refuse($"two fields '{line[..colon].ToLowerInvariant()}'");
            }
        }

        if (BodyFault(length, coding, upgrade, isOldVersion) is { } bodyFault)
        {
            return Refuse(bodyFault);
        }

        string? name = null;
        string? other = null;
        if ((host is { Length: > 0 } && !TryReadAuthority(host, out name)) || (authority is not null && !TryReadAuthority(authority, out other)))
        {
            return Refuse("a host that is neither a name nor an address");
        }

        if (authority is not null && host is not null && name != other)
        {
            return Refuse("a target and a field Host that differ");
        }

        long body = length is null ? 0 : long.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture);
        bool isWebSocket = "websocket".Equals(upgrade, StringComparison.OrdinalIgnoreCase) && isGet && body == 0 && coding is null;
        return new HttpRequestHead(HeadState.Complete, name ?? other, bytes, coding is null ? body : null, isWebSocket);
    }

    private static string? BodyFault(string? length, string? coding, string? upgrade, bool isOldVersion) =>
        length is not null && (coding is not null || length.Length is 0 or > 18 || !length.All(char.IsAsciiDigit)) ? "a length that is none, or stands beside a coding"
        : coding is not null && (isOldVersion || !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)) ? "a coding of the transfer other than chunked"
        : upgrade is not null && upgrade.Split(',').Any(static word => word.Trim().StartsWith("h2c", StringComparison.OrdinalIgnoreCase)) ? "HTTP/2 without TLS"
        : null;

    private static bool Set(ref string? field, string value)
    {
        bool isTwice = field is not null;
        field = value;
        return isTwice;
    }

    /// <summary>A name or an address, with a port that is not looked at: the connection has one. Null for an address.</summary>
    private static bool TryReadAuthority(string authority, out string? name)
    {
        name = null;
        int close = authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) : -1;
        int colon = authority.IndexOf(':', Math.Max(close, 0));
        string host = colon < 0 ? authority : authority[..colon];
        if (colon >= 0 && authority.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        if (close > 0)
        {
            return host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out _);
        }

        return (IPAddress.TryParse(host, out IPAddress? address) && address.ToString() == host) || DnsNameText.TryNormalize(host, out name);
    }

    private static bool IsToken(string text) => HeadSniffer.IsToken(Encoding.Latin1.GetBytes(text));
}
