using System.Buffers.Binary;

namespace Hearth.Protocol.Link;

/// <summary>What a link frame says. Values are on the wire and may only grow.</summary>
public enum LinkFrameType : byte
{
    /// <summary>First frame of either side: <see cref="LinkHello"/>.</summary>
    Hello = 1,

    /// <summary>The sender opens a stream to a port: payload u32 port.</summary>
    Open = 2,

    /// <summary>Bytes of a stream; they use up credit.</summary>
    Data = 3,

    /// <summary>The sender has room for so many more bytes: payload u32.</summary>
    Credit = 4,

    /// <summary>The sender will send no more on this stream; its other direction stays open.</summary>
    Close = 5,

    /// <summary>The stream is over in both directions: payload u32 <see cref="LinkResetReason"/>.</summary>
    Reset = 6,

    /// <summary>Host to guest: send nothing after the answer, <see cref="Frozen"/>. No payload.</summary>
    Freeze = 7,

    /// <summary>Guest to host: the last frame before silence. No payload.</summary>
    Frozen = 8,

    /// <summary>Host to guest: go on. No payload.</summary>
    Thaw = 9,
}

/// <summary>Why a stream was reset. Values are on the wire and may only grow.</summary>
public enum LinkResetReason
{
    /// <summary>The sender lost interest.</summary>
    Cancelled = 0,

    /// <summary>Nobody listens on the port.</summary>
    Refused = 1,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError = 2,
}

/// <summary>
/// The eight bytes before every payload, little endian: u24 payload length, u8 type, u32 stream. Stream 0 is the link
/// itself; the host opens odd streams, the guest even ones.
/// </summary>
public readonly record struct LinkFrame(LinkFrameType Type, uint Stream, int Length)
{
    public const int HeaderBytes = 8;

    /// <summary>
    /// Most payload bytes of a frame. With its header a frame is 32 KiB, which is what Linux' virtio_console takes in one
    /// write (drivers/char/virtio_console.c, port_fops_write), so a frame is never split there.
    /// </summary>
    public const int MaxPayloadBytes = (32 * 1024) - HeaderBytes;

    public static void Write(Span<byte> destination, LinkFrameType type, uint stream, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)length | ((uint)type << 24));
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], stream);
    }

    /// <summary>Decodes a header; false when the type or the length cannot be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out LinkFrame frame)
    {
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(source);
        frame = new LinkFrame((LinkFrameType)(first >> 24), BinaryPrimitives.ReadUInt32LittleEndian(source[4..]), (int)(first & 0xffffff));
        return frame.Type is >= LinkFrameType.Hello and <= LinkFrameType.Thaw && frame.Length <= MaxPayloadBytes;
    }
}
