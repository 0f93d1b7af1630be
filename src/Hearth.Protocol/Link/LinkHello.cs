using System.Buffers.Binary;

namespace Hearth.Protocol.Link;

/// <summary>
/// The first frame of either side, 24 bytes, little endian: u32 magic <c>HLNK</c>, u16 version, u16 zero, u64 epoch,
/// u32 window, u32 zero. A host that says Hello to a restored guest gets it back, with its own epoch, as the first frame.
/// </summary>
/// <param name="Version">The sender's protocol version.</param>
/// <param name="Epoch">Unique for each boot or restore.</param>
/// <param name="WindowBytes">Bytes that the sender takes on a new stream before it grants credit.</param>
public readonly record struct LinkHello(ushort Version, ulong Epoch, uint WindowBytes)
{
    public const int Bytes = 24;
    public const ushort CurrentVersion = 2;

    private const uint Magic = 0x4b4e4c48; // "HLNK"

    public void Write(Span<byte> destination)
    {
        destination[..Bytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[4..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], Epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], WindowBytes);
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out LinkHello hello)
    {
        hello = default;
        if (source.Length < Bytes || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
        {
            return false;
        }

        hello = new LinkHello(
            BinaryPrimitives.ReadUInt16LittleEndian(source[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[16..]));
        return true;
    }
}
