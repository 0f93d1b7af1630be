namespace Hearth.Networking.Proxy;

/// <summary>
/// Tells HTTP/1 and TLS from all else by a connection's first bytes. What a lenient server might take for HTTP counts as HTTP,
/// and is then refused by the strict reading of <see cref="HttpRequestHead"/>: empty lines and blanks before the request, lines
/// that end with LF alone, a version in small letters. Otherwise a guest could pass such a request by as "something else".
/// </summary>
internal static class HeadSniffer
{
    private const byte HandshakeRecord = 0x16;
    private const byte MajorVersion = 3;

    public static HeadKind Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || (bytes[0] == HandshakeRecord && bytes.Length == 1))
        {
            return HeadKind.Undecided;
        }

        if (bytes[0] == HandshakeRecord && bytes[1] == MajorVersion)
        {
            return HeadKind.Tls;
        }

        ReadOnlySpan<byte> line = bytes.TrimStart(" \t\r\n"u8);
        int end = line.IndexOf((byte)'\n');
        line = end >= 0 ? line[..end] : line;
        foreach (byte b in line)
        {
            if (b is < 0x20 and not (byte)'\t' and not (byte)'\r' or 0x7f)
            {
                return HeadKind.Other; // No server reads a request with control characters in its first line.
            }
        }

        int blank = line.IndexOfAny(" \t"u8);
        ReadOnlySpan<byte> method = blank >= 0 ? line[..blank] : line.TrimEnd((byte)'\r');
        if (!IsToken(method))
        {
            return HeadKind.Other;
        }

        return end < 0 ? HeadKind.Undecided : IsRequestLine(line) ? HeadKind.Http : HeadKind.Other;
    }

    /// <summary>RFC 9110 §5.6.2.</summary>
    internal static bool IsToken(ReadOnlySpan<byte> text)
    {
        foreach (byte b in text)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && !"!#$%&'*+-.^_`|~"u8.Contains(b))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a line says <c>HTTP/</c> anywhere, however it is written.</summary>
    private static bool IsRequestLine(ReadOnlySpan<byte> line)
    {
        for (int i = 0; i + 5 <= line.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(line.Slice(i, 5), "http/"u8))
            {
                return true;
            }
        }

        return false;
    }
}
