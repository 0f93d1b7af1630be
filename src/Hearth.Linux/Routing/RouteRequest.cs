using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Routing;

/// <summary>One message to rtnetlink(7) as it is built: header, body, attributes, each padded to four bytes.</summary>
internal sealed class RouteRequest
{
    private readonly byte[] _bytes = new byte[512];
    private int _length = Unsafe.SizeOf<Netlink.nlmsghdr>();

    public ushort Type { get; }

    public ushort Flags { get; }

    private RouteRequest(ushort type, int flags)
    {
        Type = type;
        Flags = (ushort)(Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK | flags);
    }

    public static RouteRequest Of<T>(ushort type, int flags, T body)
        where T : unmanaged
    {
        RouteRequest request = new(type, flags);
        MemoryMarshal.Write(request.Take(Unsafe.SizeOf<T>()), in body);
        return request;
    }

    /// <summary>A body within an attribute.</summary>
    public RouteRequest Body<T>(T body)
        where T : unmanaged
    {
        MemoryMarshal.Write(Take(Unsafe.SizeOf<T>()), in body);
        return this;
    }

    public RouteRequest With(ushort attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> place = Take(4 + value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], attribute);
        value.CopyTo(place[4..]);
        return this;
    }

    public RouteRequest With(ushort attribute, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return With(attribute, bytes);
    }

    public RouteRequest With(ushort attribute, IPAddress address) => With(attribute, address.GetAddressBytes());

    /// <summary>Text with its final zero.</summary>
    public RouteRequest With(ushort attribute, string text) => With(attribute, [.. Encoding.ASCII.GetBytes(text), 0]);

    /// <summary>An attribute of attributes.</summary>
    public RouteRequest Nest(ushort attribute, Action<RouteRequest> content)
    {
        int start = _length;
        Take(4);
        content(this);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start), (ushort)(_length - start));
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(start + 2), attribute);
        return this;
    }

    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        Netlink.nlmsghdr header = new() { nlmsg_len = (uint)_length, nlmsg_type = Type, nlmsg_flags = Flags, nlmsg_seq = sequence };
        MemoryMarshal.Write(_bytes, in header);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Take(int bytes)
    {
        Span<byte> place = _bytes.AsSpan(_length, bytes);
        _length += (bytes + 3) & ~3;
        return place;
    }
}
