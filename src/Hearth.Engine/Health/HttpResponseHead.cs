using System.Buffers.Text;

namespace Hearth.Engine.Health;

/// <summary>
/// The head of an HTTP/1 response (RFC 9112): the status, and how much follows. A guest sends it: it is taken in pieces, bounded, and
/// whatever it is, reading it costs no more than its length.
/// </summary>
/// <param name="Status">100 to 999.</param>
/// <param name="Reason">What stands behind it, printable ASCII alone.</param>
/// <param name="ContentLength">Null when it says none, or nonsense.</param>
/// <param name="Length">Bytes of the head, with the empty line.</param>
internal readonly record struct HttpResponseHead(int Status, string Reason, long? ContentLength, int Length)
{
    public const int MostBytes = 16 * 1024;

    private const int StatusBytes = 12; // HTTP/1.1 200
    private const int MostReason = 80;

    /// <summary>Reads a head from the beginning of what has come so far.</summary>
    /// <returns>True when it is complete; false when more has to come.</returns>
    /// <exception cref="InvalidDataException">It is none, or longer than <see cref="MostBytes"/>.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out HttpResponseHead head)
    {
        head = default;
        ReadOnlySpan<byte> prefix = "HTTP/1."u8;
        if (!bytes.StartsWith(prefix[..Math.Min(prefix.Length, bytes.Length)]))
        {
            throw new InvalidDataException("the answer is not HTTP");
        }

        int end = FindEnd(bytes);
        if (end < 0)
        {
            return bytes.Length < MostBytes ? false : throw new InvalidDataException($"the answer's head is longer than {MostBytes} bytes");
        }

        ReadOnlySpan<byte> lines = bytes[..end];
        ReadOnlySpan<byte> first = TakeLine(ref lines);
        bool isStatus = first.Length >= StatusBytes && char.IsAsciiDigit((char)first[7]) && first[8] == ' '
            && Utf8Parser.TryParse(first[9..12], out int _, out int digits) && digits == 3
            && (first.Length == StatusBytes || first[12] == ' ') && first[9] is >= (byte)'1' and <= (byte)'9';
        if (!isStatus)
        {
            throw new InvalidDataException("the answer's first line is not a status of HTTP");
        }

        _ = Utf8Parser.TryParse(first[9..12], out int status, out _);
        head = new HttpResponseHead(status, Printable(first[StatusBytes..].TrimStart((byte)' ')), FindLength(lines), end);
        return true;
    }

    /// <summary>Behind the first empty line; lines may end without a carriage return (RFC 9112, 2.2). -1 when there is none yet.</summary>
    private static int FindEnd(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MostBytes)];
        for (int at = bytes.IndexOf((byte)'\n'); at >= 0 && at + 1 < bytes.Length;)
        {
            if (bytes[at + 1] == '\n')
            {
                return at + 2;
            }

            if (bytes[at + 1] == '\r' && at + 2 < bytes.Length && bytes[at + 2] == '\n')
            {
                return at + 3;
            }

            int next = bytes[(at + 1)..].IndexOf((byte)'\n');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return -1;
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> lines)
    {
        int end = lines.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? lines : lines[..end];
        lines = end < 0 ? [] : lines[(end + 1)..];
        return line.TrimEnd((byte)'\r');
    }

    private static long? FindLength(ReadOnlySpan<byte> lines)
    {
        while (lines.Length > 0)
        {
            ReadOnlySpan<byte> line = TakeLine(ref lines);
            int colon = line.IndexOf((byte)':');
            if (colon > 0 && System.Text.Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8))
            {
                ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
                return Utf8Parser.TryParse(value, out long length, out int used) && used == value.Length && length >= 0 ? length : null;
            }
        }

        return null;
    }

    private static string Printable(ReadOnlySpan<byte> text)
    {
        Span<char> kept = stackalloc char[MostReason];
        int length = 0;
        foreach (byte b in text[..Math.Min(text.Length, MostReason)])
        {
            kept[length++] = b is >= 0x20 and < 0x7f ? (char)b : '?';
        }

        return new string(kept[..length]);
    }
}
