using System.Buffers.Binary;
using System.Text;

namespace Hearth.Images.Kernels;

/// <summary>
/// The compressed kernel inside a bzImage, found by the setup header (Documentation/x86/boot.rst, protocol 2.08 and later):
/// the setup code takes <c>setup_sects</c> + 1 sectors, and <c>payload_offset</c> counts from their end.
/// </summary>
internal sealed record BzImage(string Version, int PayloadOffset, int PayloadLength, KernelCompression Compression, uint? UncompressedLength)
{
    private const int SectorLength = 512;
    private const int SetupSectorsAt = 0x1F1;
    private const int MagicAt = 0x202;
    private const int ProtocolAt = 0x206;
    private const int VersionAt = 0x20E;
    private const int PayloadOffsetAt = 0x248;
    private const int HeaderEnd = 0x250;
    private const ushort FirstProtocolWithPayload = 0x0208;
    private const uint Magic = 0x53726448; // "HdrS"

    /// <exception cref="InvalidDataException">Not a bzImage, or one whose header points outside of it.</exception>
    public static BzImage Parse(ReadOnlySpan<byte> image)
    {
        if (image.Length < HeaderEnd || BinaryPrimitives.ReadUInt32LittleEndian(image[MagicAt..]) != Magic)
        {
            throw new InvalidDataException("it has no Linux setup header");
        }

        ushort protocol = BinaryPrimitives.ReadUInt16LittleEndian(image[ProtocolAt..]);
        if (protocol < FirstProtocolWithPayload)
        {
            throw new InvalidDataException($"its boot protocol {protocol >> 8}.{protocol & 0xFF:D2} is older than 2.08 and does not tell where the payload is");
        }

        int sectors = image[SetupSectorsAt] == 0 ? 4 : image[SetupSectorsAt];
        long start = ((sectors + 1L) * SectorLength) + BinaryPrimitives.ReadUInt32LittleEndian(image[PayloadOffsetAt..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(image[(PayloadOffsetAt + 4)..]);
        if (length < 8 || start + length > image.Length)
        {
            throw new InvalidDataException($"its payload (at {start}, {length} bytes) does not lie inside its {image.Length} bytes");
        }

        ReadOnlySpan<byte> payload = image.Slice((int)start, (int)length);
        KernelCompression compression = Detect(payload);

        // The kernel's build appends the uncompressed size (scripts/Makefile.lib, size_append) to every format but gzip,
        // which ends with it by itself. Decompressors take the four bytes for garbage or for the next block.
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(payload[^4..]);
        bool appended = compression != KernelCompression.Gzip;
        return new BzImage(ReadVersion(image), (int)start, (int)length - (appended ? 4 : 0), compression, size);
    }

    private static KernelCompression Detect(ReadOnlySpan<byte> payload) => payload switch
    {
        [0x02, 0x21, 0x4C, 0x18, ..] => KernelCompression.Lz4Legacy,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => KernelCompression.Zstandard,
        [0xFD, 0x37, 0x7A, 0x58, ..] => KernelCompression.Xz,
        [0x1F, 0x8B, 0x08, ..] => KernelCompression.Gzip,
        _ => throw new InvalidDataException($"its payload begins with {Convert.ToHexStringLower(payload[..4])}, which is neither lz4, zstd, xz nor gzip"),
    };

    /// <summary>The first word of the version string; empty when the header has none.</summary>
    private static string ReadVersion(ReadOnlySpan<byte> image)
    {
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(image[VersionAt..]);
        if (offset == 0 || offset + SectorLength >= image.Length)
        {
            return "";
        }

        ReadOnlySpan<byte> text = image[(offset + SectorLength)..];
        int end = text.IndexOfAny((byte)' ', (byte)0);
        return end is > 0 and < 128 ? Encoding.ASCII.GetString(text[..end]) : "";
    }
}
