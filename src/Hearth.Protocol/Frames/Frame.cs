using System.Buffers.Binary;

namespace Hearth.Protocol.Frames;

/// <summary>A session frame in memory. Its bytes belong to the reader and are valid until its next read.</summary>
/// <param name="Type">What it says.</param>
/// <param name="Payload">Without the header.</param>
/// <param name="Whole">As on the wire, header included: for passing on.</param>
public readonly record struct Frame(FrameType Type, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Whole)
{
    /// <summary>u32 little endian: payload length in the low 24 bits, type in the high 8.</summary>
    public const int HeaderBytes = 4;

    /// <summary>Most payload bytes of any frame.</summary>
    public const int MaxPayloadBytes = 1024 * 1024;

    /// <summary>Best payload size for output: with both headers it is one link frame.</summary>
    public const int ChunkBytes = Link.LinkFrame.MaxPayloadBytes - HeaderBytes;

    public static void WriteHeader(Span<byte> destination, FrameType type, int length) =>
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)length | ((uint)type << 24));

    /// <summary>Decodes a header; false when the type or the length cannot be.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> source, out FrameType type, out int length)
    {
        uint word = BinaryPrimitives.ReadUInt32LittleEndian(source);
        type = (FrameType)(word >> 24);
        length = (int)(word & 0xffffff);
        return type is >= FrameType.Request and <= FrameType.Event && length <= MaxPayloadBytes;
    }

    public static (int Rows, int Columns) ReadResize(ReadOnlySpan<byte> payload) => payload.Length == 4
        ? (BinaryPrimitives.ReadUInt16LittleEndian(payload), BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]))
        : throw new InvalidDataException("A resize frame has four bytes.");
}
