using System.Buffers.Binary;
using System.Net;

namespace Hearth.Networking.Dns;

/// <summary>
/// What Hearth reads of a DNS message (RFC 1035 §4): header, the one question, the answers, and the size that EDNS announces
/// (RFC 6891). All else stays bytes and passes through.
/// </summary>
public sealed class DnsMessage
{
    public const int HeaderBytes = 12;

    /// <summary>The most that a message can have: its length on TCP is 16 bits.</summary>
    public const int MaxBytes = 65535;

    /// <summary>What a client takes over UDP that says nothing else.</summary>
    public const int PlainUdpBytes = 512;

    internal const ushort ResponseFlag = 0x8000;
    internal const ushort AuthoritativeFlag = 0x0400;
    internal const ushort TruncatedFlag = 0x0200;
    internal const ushort RecursionDesiredFlag = 0x0100;
    internal const ushort RecursionAvailableFlag = 0x0080;
    internal const ushort CheckingDisabledFlag = 0x0010;

    /// <summary>More records than any answer of use has; bounds what parsing one message may allocate.</summary>
    private const int MaxRecords = 1024;

    private DnsMessage(ushort id, ushort flags, DnsQuestion question, int questionEnd, IReadOnlyList<DnsRecord> answers, int? udpBytes, int addedRecords)
    {
        Id = id;
        Flags = flags;
        Question = question;
        QuestionEnd = questionEnd;
        Answers = answers;
        AnnouncedUdpBytes = udpBytes;
        AddedRecords = addedRecords;
    }

    public ushort Id { get; }

    /// <summary>The second 16 bits: QR, opcode, AA, TC, RD, RA, AD, CD, RCODE.</summary>
    public ushort Flags { get; }

    public DnsQuestion Question { get; }

    /// <summary>The first byte behind the question.</summary>
    public int QuestionEnd { get; }

    public IReadOnlyList<DnsRecord> Answers { get; }

    /// <summary>What the sender takes over UDP, from its OPT record; null when it has none.</summary>
    public int? AnnouncedUdpBytes { get; }

    public bool IsResponse => (Flags & ResponseFlag) != 0;

    public bool IsTruncated => (Flags & TruncatedFlag) != 0;

    public DnsResponseCode ResponseCode => (DnsResponseCode)(Flags & 0xf);

    internal int Opcode => (Flags >> 11) & 0xf;

    /// <summary>Records of all three sections behind the question.</summary>
    internal int AddedRecords { get; }

    /// <summary>False when the bytes are no message with exactly one question whose sections are all there.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DnsMessage? message)
    {
        message = null;
        if (bytes.Length is < HeaderBytes or > MaxBytes || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) != 1)
        {
            return false;
        }

        int answers = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        int all = answers + BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]) + BinaryPrimitives.ReadUInt16BigEndian(bytes[10..]);
        DnsReader reader = new(bytes, HeaderBytes);
        if (all > MaxRecords || !reader.TryReadName(out string name) || !reader.TryReadUInt16(out ushort type) || !reader.TryReadUInt16(out ushort @class))
        {
            return false;
        }

        int questionEnd = reader.Position;
        List<DnsRecord> records = [];
        int? udpBytes = null;
        for (int i = 0; i < all; i++)
        {
            if (!TryReadRecord(ref reader, bytes, out DnsRecord? record, out ushort recordClass))
            {
                return false;
            }

            if (i < answers && recordClass == 1)
            {
                records.Add(record!);
            }
            else if (i >= answers && record!.Type == DnsRecordType.Options)
            {
                udpBytes ??= Math.Max((int)recordClass, PlainUdpBytes);
            }
        }

        message = new DnsMessage(
            BinaryPrimitives.ReadUInt16BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), new DnsQuestion(name, (DnsRecordType)type, @class), questionEnd, records, udpBytes, all);
        return true;
    }

    private static bool TryReadRecord(ref DnsReader reader, ReadOnlySpan<byte> bytes, out DnsRecord? record, out ushort @class)
    {
        record = null;
        @class = 0;
        if (!reader.TryReadName(out string owner) || !reader.TryReadUInt16(out ushort type) || !reader.TryReadUInt16(out @class))
        {
            return false;
        }

        int ttlOffset = reader.Position;
        if (!reader.TryReadUInt32(out uint ttl) || !reader.TryReadUInt16(out ushort length))
        {
            return false;
        }

        int start = reader.Position;
        if (!reader.TrySkip(length, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        IPAddress? address = null;
        string? target = null;
        switch ((DnsRecordType)type)
        {
            case DnsRecordType.A or DnsRecordType.Aaaa:
                if (length != ((DnsRecordType)type == DnsRecordType.A ? 4 : 16))
                {
                    return false;
                }

                address = new IPAddress(data);
                break;
            case DnsRecordType.CanonicalName or DnsRecordType.Pointer:
                DnsReader names = new(bytes[..(start + length)], start);
                if (!names.TryReadName(out target) || names.Position != start + length)
                {
                    return false;
                }

                break;
        }

        record = new DnsRecord(owner, (DnsRecordType)type, (ttl & 0x80000000) != 0 ? 0 : ttl, address, target, ttlOffset);
        return true;
    }
}
