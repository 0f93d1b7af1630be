using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Guest;

/// <summary>The messages of one datagram (netlink(7)): a header with a length, the payload, and padding to four bytes.</summary>
internal ref struct NetlinkMessages(ReadOnlySpan<byte> datagram)
{
    private static readonly int s_headerBytes = Unsafe.SizeOf<Netlink.nlmsghdr>();

    private ReadOnlySpan<byte> _rest = datagram;

    public ushort Type { get; private set; }

    public uint Sequence { get; private set; }

    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>False at the datagram's end.</summary>
    /// <exception cref="InvalidDataException">A length goes beyond the datagram, or is shorter than a header.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (!MemoryMarshal.TryRead(_rest, out Netlink.nlmsghdr header) || header.nlmsg_len < s_headerBytes || header.nlmsg_len > _rest.Length)
        {
            throw new InvalidDataException($"A netlink message does not fit into the {_rest.Length} bytes that are left.");
        }

        Type = header.nlmsg_type;
        Sequence = header.nlmsg_seq;
        Payload = _rest[s_headerBytes..(int)header.nlmsg_len];
        _rest = _rest[Math.Min(_rest.Length, ((int)header.nlmsg_len + 3) & ~3)..];
        return true;
    }

    /// <summary>The errno of an NLMSG_ERROR; 0 is an acknowledgement.</summary>
    /// <exception cref="InvalidDataException">It has none.</exception>
    public readonly int ReadError() => BinaryPrimitives.TryReadInt32LittleEndian(Payload, out int error) && error is <= 0 and > int.MinValue
        ? -error
        : throw new InvalidDataException("A netlink error carries no number.");
}
