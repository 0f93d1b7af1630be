using System.Buffers.Binary;
using System.Text;

namespace Hearth.Networking.Dns;

/// <summary>
/// Reads a message from front to back; every step says whether there was something to read. A compressed name is followed by a
/// loop in which each pointer must point before the last one, so that it ends; at most 255 bytes make a name.
/// </summary>
internal ref struct DnsReader(ReadOnlySpan<byte> message, int position)
{
    private readonly ReadOnlySpan<byte> _message = message;

    public int Position { get; private set; } = position;

    public bool TryReadUInt16(out ushort value)
    {
        bool there = _message.Length - Position >= 2;
        value = there ? BinaryPrimitives.ReadUInt16BigEndian(_message[Position..]) : (ushort)0;
        Position += there ? 2 : 0;
        return there;
    }

    public bool TryReadUInt32(out uint value)
    {
        bool there = _message.Length - Position >= 4;
        value = there ? BinaryPrimitives.ReadUInt32BigEndian(_message[Position..]) : 0;
        Position += there ? 4 : 0;
        return there;
    }

    public bool TrySkip(int bytes, out ReadOnlySpan<byte> skipped)
    {
        bool there = _message.Length - Position >= bytes;
        skipped = there ? _message.Slice(Position, bytes) : default;
        Position += there ? bytes : 0;
        return there;
    }

    public bool TryReadName(out string name)
    {
        StringBuilder text = new();
        int at = Position;
        int end = -1;
        int before = Position;
        int total = 1;
        while (at < _message.Length)
        {
            int length = _message[at];
            if (length == 0)
            {
                Position = end >= 0 ? end : at + 1;
                name = text.ToString();
                return true;
            }

            if (length >= 0xc0)
            {
                if (!TryFollow(at, before, out int target))
                {
                    break;
                }

                end = end >= 0 ? end : at + 2;
                before = at = target;
                continue;
            }

            total += length + 1;
            if (length > DnsNameText.MaxLabelBytes || total > DnsNameText.MaxWireBytes || _message.Length - at - 1 < length)
            {
                break;
            }

            DnsNameText.AppendLabel(text, _message.Slice(at + 1, length));
            at += 1 + length;
        }

        name = "";
        return false;
    }

    /// <summary>A pointer (RFC 1035 §4.1.4) to somewhere before where this part of the name began, but not into the header.</summary>
    private readonly bool TryFollow(int at, int before, out int target)
    {
        target = _message.Length - at >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(_message[at..]) & 0x3fff : 0;
        return target >= DnsMessage.HeaderBytes && target < before;
    }
}
