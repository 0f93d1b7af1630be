using System.Buffers.Binary;
using System.Text;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Proxy;

/// <summary>
/// The server's name (SNI, RFC 6066 §3) in a ClientHello (RFC 8446 §4.1.2), which may be spread over several records. What
/// cannot be parsed to its end is refused: a server that reads it differently might see another name.
/// </summary>
/// <param name="State">How far it was read.</param>
/// <param name="Name">The name, as <see cref="DnsNameText"/> writes names; null when the hello has none.</param>
/// <param name="Bytes">What the records of the hello take in the stream.</param>
/// <param name="Fault">Why it was refused.</param>
internal readonly record struct ClientHello(HeadState State, string? Name = null, int Bytes = 0, string? Fault = null)
{
    /// <summary>Of the handshake message. Hellos with keys of post-quantum algorithms have two KiB.</summary>
    internal const int MaxBytes = 16 * 1024;

    private const int RecordHeaderBytes = 5;
    private const int MessageHeaderBytes = 4;
    private const byte HandshakeRecord = 0x16;
    private const byte HelloMessage = 1;
    private const int ServerNameExtension = 0;

    private static readonly ClientHello s_more = new(HeadState.More);

    /// <summary>Reads from the first byte of a record on.</summary>
    public static ClientHello Parse(ReadOnlySpan<byte> stream)
    {
        byte[]? gathered = null;
        int length = 0;
        int needed = MessageHeaderBytes;
        for (int at = 0; ;)
        {
            ReadOnlySpan<byte> rest = stream[at..];
            if (rest.Length < RecordHeaderBytes)
            {
                return rest.Length > 0 && rest[0] != HandshakeRecord ? Refuse("a record of another type within the ClientHello") : s_more;
            }

            int recordBytes = BinaryPrimitives.ReadUInt16BigEndian(rest[3..]);
            if (rest[0] != HandshakeRecord || rest[1] != 3 || recordBytes is 0 or > MaxBytes)
            {
                return Refuse("a record that cannot be part of a ClientHello");
            }

            int there = Math.Min(recordBytes, rest.Length - RecordHeaderBytes);
            gathered ??= new byte[MaxBytes + MessageHeaderBytes];
            int taken = Math.Min(there, gathered.Length - length);
            rest.Slice(RecordHeaderBytes, taken).CopyTo(gathered.AsSpan(length));
            length += taken;
            if (length >= MessageHeaderBytes)
            {
                needed = MessageHeaderBytes + ((gathered[1] << 16) | (gathered[2] << 8) | gathered[3]);
                if (gathered[0] != HelloMessage || needed > gathered.Length)
                {
                    return Refuse(gathered[0] != HelloMessage ? "a handshake that does not begin with a ClientHello" : "a ClientHello larger than 16 KiB");
                }
            }

            if (length >= needed && there == recordBytes)
            {
                return length == needed ? ParseMessage(gathered.AsSpan(MessageHeaderBytes, needed - MessageHeaderBytes), at + RecordHeaderBytes + recordBytes)
                    : Refuse("a message behind the ClientHello in its record");
            }

            if (there < recordBytes)
            {
                return s_more;
            }

            at += RecordHeaderBytes + recordBytes;
        }
    }

    private static ClientHello Refuse(string fault) => new(HeadState.Refused, Fault: fault);

    private static ClientHello ParseMessage(ReadOnlySpan<byte> body, int streamBytes)
    {
        // Version and random; session id, cipher suites and compression methods with their lengths; extensions.
        if (body.Length < 34 || !TrySkip(ref body, 34) || !TryTake(ref body, 1, out _) || !TryTake(ref body, 2, out _) || !TryTake(ref body, 1, out _))
        {
            return Refuse("a ClientHello that ends too early");
        }

        if (body.IsEmpty)
        {
            return new ClientHello(HeadState.Complete, null, streamBytes);
        }

        if (!TryTake(ref body, 2, out ReadOnlySpan<byte> extensions) || !body.IsEmpty)
        {
            return Refuse("extensions of a length that is not theirs");
        }

        string? name = null;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 4)
            {
                return Refuse("an extension that ends too early");
            }

            int type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TryTake(ref extensions, 2, out ReadOnlySpan<byte> data))
            {
                return Refuse("an extension that ends too early");
            }

            if (type == ServerNameExtension && (name is not null || !TryReadName(data, out name)))
            {
                return Refuse("a server name that is none, or two");
            }
        }

        return new ClientHello(HeadState.Complete, name, streamBytes);
    }

    /// <summary>A list of exactly one host name.</summary>
    private static bool TryReadName(ReadOnlySpan<byte> data, out string? name)
    {
        name = null;
        return TryTake(ref data, 2, out ReadOnlySpan<byte> list) && data.IsEmpty
            && list.Length > 0 && list[0] == 0 && TrySkip(ref list, 1) && TryTake(ref list, 2, out ReadOnlySpan<byte> host) && list.IsEmpty
            && DnsNameText.TryNormalize(Encoding.Latin1.GetString(host), out name);
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> from, int bytes)
    {
        from = from[bytes..];
        return true;
    }

    /// <summary>Takes bytes that stand behind their length of one or two bytes.</summary>
    private static bool TryTake(ref ReadOnlySpan<byte> from, int lengthBytes, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (from.Length < lengthBytes)
        {
            return false;
        }

        int length = lengthBytes == 1 ? from[0] : BinaryPrimitives.ReadUInt16BigEndian(from);
        if (from.Length - lengthBytes < length)
        {
            return false;
        }

        taken = from.Slice(lengthBytes, length);
        from = from[(lengthBytes + length)..];
        return true;
    }
}
