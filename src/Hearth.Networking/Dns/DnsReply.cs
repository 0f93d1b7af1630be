using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Hearth.Networking.Dns;

/// <summary>Messages that Hearth makes itself: questions to the host's resolvers, and replies to the guest.</summary>
internal static class DnsReply
{
    /// <summary>RFC 8914: "Blocked", by a policy of the one who runs the resolver.</summary>
    private const ushort BlockedError = 15;

    private const ushort ExtendedErrorOption = 15;

    /// <summary>What a reply without fragments fits into on every network (the DNS flag day of 2020).</summary>
    internal const ushort SafeUdpBytes = 1232;

    private static readonly byte[] s_blockedText = Encoding.UTF8.GetBytes("egress policy");

    /// <summary>A question with an id of its own and no EDNS; the name is one that <see cref="DnsNameText.TryNormalize"/> passed.</summary>
    public static byte[] Question(ushort id, string name, DnsRecordType type)
    {
        ArrayBufferWriter<byte> message = new(64);
        WriteHeader(message, id, DnsMessage.RecursionDesiredFlag, answers: 0, additional: 0);
        WriteName(message, name);
        Write16(message, (ushort)type);
        Write16(message, 1);
        return message.WrittenSpan.ToArray();
    }

    /// <summary>A reply of nothing but a code: header, the question as it was asked, and EDNS when the question had it.</summary>
    public static byte[] Empty(ReadOnlySpan<byte> query, DnsMessage asked, DnsResponseCode code, bool isTruncated = false, bool isBlocked = false)
    {
        ArrayBufferWriter<byte> reply = new(128);
        WriteHeader(reply, asked.Id, Flags(asked, code, isTruncated), answers: 0, additional: asked.AnnouncedUdpBytes is null ? 0 : 1);
        reply.Write(query[DnsMessage.HeaderBytes..asked.QuestionEnd]);
        WriteOptions(reply, asked, isBlocked);
        return reply.WrittenSpan.ToArray();
    }

    /// <summary>A reply to what could not be parsed: its id, and FORMERR; null when not even that is there, or it is a reply itself.</summary>
    public static byte[]? FormatError(ReadOnlySpan<byte> query)
    {
        if (query.Length < DnsMessage.HeaderBytes || (query[2] & 0x80) != 0)
        {
            return null;
        }

        byte[] reply = new byte[DnsMessage.HeaderBytes];
        query[..2].CopyTo(reply);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(2), DnsMessage.ResponseFlag | (int)DnsResponseCode.FormatError);
        return reply;
    }

    /// <summary>An authoritative reply with these addresses.</summary>
    public static byte[] Addresses(ReadOnlySpan<byte> query, DnsMessage asked, IReadOnlyList<IPAddress> addresses, uint timeToLive)
    {
        ArrayBufferWriter<byte> reply = Begin(query, asked, addresses.Count);
        foreach (IPAddress address in addresses)
        {
            byte[] data = address.GetAddressBytes();
            WriteRecordHead(reply, asked.Question.Type, timeToLive, data.Length);
            reply.Write(data);
        }

        WriteOptions(reply, asked, isBlocked: false);
        return reply.WrittenSpan.ToArray();
    }

    /// <summary>An authoritative reply with the name that belongs to an address.</summary>
    public static byte[] Pointer(ReadOnlySpan<byte> query, DnsMessage asked, string name, uint timeToLive)
    {
        ArrayBufferWriter<byte> reply = Begin(query, asked, 1);
        WriteRecordHead(reply, DnsRecordType.Pointer, timeToLive, WireLength(name));
        WriteName(reply, name);
        WriteOptions(reply, asked, isBlocked: false);
        return reply.WrittenSpan.ToArray();
    }

    private static ArrayBufferWriter<byte> Begin(ReadOnlySpan<byte> query, DnsMessage asked, int answers)
    {
        ArrayBufferWriter<byte> reply = new(256);
        WriteHeader(reply, asked.Id, (ushort)(Flags(asked, DnsResponseCode.NoError, isTruncated: false) | DnsMessage.AuthoritativeFlag), answers, asked.AnnouncedUdpBytes is null ? 0 : 1);
        reply.Write(query[DnsMessage.HeaderBytes..asked.QuestionEnd]);
        return reply;
    }

    private static ushort Flags(DnsMessage asked, DnsResponseCode code, bool isTruncated) => (ushort)(
        DnsMessage.ResponseFlag | DnsMessage.RecursionAvailableFlag | (asked.Opcode << 11)
        | (asked.Flags & (DnsMessage.RecursionDesiredFlag | DnsMessage.CheckingDisabledFlag)) | (isTruncated ? DnsMessage.TruncatedFlag : 0) | (int)code);

    private static void WriteHeader(ArrayBufferWriter<byte> to, ushort id, ushort flags, int answers, int additional)
    {
        Write16(to, id);
        Write16(to, flags);
        Write16(to, 1);
        Write16(to, (ushort)answers);
        Write16(to, 0);
        Write16(to, (ushort)additional);
    }

    /// <summary>Up to the data of a record whose owner is the question's name: a pointer to the first byte behind the header.</summary>
    private static void WriteRecordHead(ArrayBufferWriter<byte> to, DnsRecordType type, uint timeToLive, int dataBytes)
    {
        Write16(to, 0xc000 | DnsMessage.HeaderBytes);
        Write16(to, (ushort)type);
        Write16(to, 1);
        Write16(to, (ushort)(timeToLive >> 16));
        Write16(to, (ushort)timeToLive);
        Write16(to, (ushort)dataBytes);
    }

    private static void WriteOptions(ArrayBufferWriter<byte> to, DnsMessage asked, bool isBlocked)
    {
        if (asked.AnnouncedUdpBytes is null)
        {
            return;
        }

        to.Write<byte>([0]);
        Write16(to, (ushort)DnsRecordType.Options);
        Write16(to, SafeUdpBytes);
        Write16(to, 0);
        Write16(to, 0);
        if (!isBlocked)
        {
            Write16(to, 0);
            return;
        }

        Write16(to, (ushort)(6 + s_blockedText.Length));
        Write16(to, ExtendedErrorOption);
        Write16(to, (ushort)(2 + s_blockedText.Length));
        Write16(to, BlockedError);
        to.Write(s_blockedText);
    }

    private static int WireLength(string name) => name.Length + 2;

    private static void WriteName(ArrayBufferWriter<byte> to, string name)
    {
        foreach (string label in name.Split('.'))
        {
            to.Write<byte>([(byte)label.Length]);
            to.Write(Encoding.ASCII.GetBytes(label));
        }

        to.Write<byte>([0]);
    }

    private static void Write16(ArrayBufferWriter<byte> to, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(to.GetSpan(2), (ushort)value);
        to.Advance(2);
    }
}
