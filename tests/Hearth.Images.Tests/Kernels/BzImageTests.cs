using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Hearth.Images.Kernels;

namespace Hearth.Images.Tests.Kernels;

public sealed class BzImageTests
{
    private static readonly byte[] s_lz4 = [0x02, 0x21, 0x4C, 0x18];

    [Fact]
    public void The_payload_lies_after_the_setup_sectors_and_without_the_appended_size()
    {
        BzImage image = BzImage.Parse(Make(s_lz4, setupSectors: 2, payloadOffset: 16, payload: [.. s_lz4, 1, 2, 3, 4, 0x10, 0x20, 0, 0]));

        image.PayloadOffset.ShouldBe((3 * 512) + 16);
        image.PayloadLength.ShouldBe(8);
        image.Compression.ShouldBe(KernelCompression.Lz4Legacy);
        image.UncompressedLength.ShouldBe(0x2010u);
        image.Version.ShouldBe("6.1.0-56-cloud-amd64");
    }

    [Fact]
    public void A_count_of_zero_setup_sectors_means_four() =>
        BzImage.Parse(Make(s_lz4, setupSectors: 0, payloadOffset: 0)).PayloadOffset.ShouldBe(5 * 512);

    [Fact]
    public void Gzip_keeps_its_last_four_bytes_because_they_are_its_own()
    {
        BzImage image = BzImage.Parse(Make([0x1F, 0x8B, 0x08, 0], payload: [0x1F, 0x8B, 0x08, 0, 9, 9, 9, 9, 7, 0, 0, 0]));

        image.PayloadLength.ShouldBe(12);
        image.UncompressedLength.ShouldBe(7u);
    }

    [Theory]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD }, "Zstandard")]
    [InlineData(new byte[] { 0xFD, 0x37, 0x7A, 0x58 }, "Xz")]
    public void Compression_is_told_by_the_first_bytes(byte[] magic, string expected) =>
        BzImage.Parse(Make(magic)).Compression.ToString().ShouldBe(expected);

    [Fact]
    public void An_unknown_compression_is_refused_with_its_bytes() =>
        Should.Throw<InvalidDataException>(() => BzImage.Parse(Make([1, 2, 3, 4])))
            .Message.ShouldBe("its payload begins with 01020304, which is neither lz4, zstd, xz nor gzip");

    [Fact]
    public void A_file_without_the_magic_is_refused() =>
        Should.Throw<InvalidDataException>(() => BzImage.Parse(new byte[4096])).Message.ShouldBe("it has no Linux setup header");

    [Fact]
    public void An_old_boot_protocol_is_refused()
    {
        byte[] image = Make(s_lz4);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x0204);

        Should.Throw<InvalidDataException>(() => BzImage.Parse(image)).Message.ShouldContain("boot protocol 2.04 is older than 2.08");
    }

    [Theory]
    [InlineData(uint.MaxValue, 100u)]
    [InlineData(0u, uint.MaxValue)]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    [InlineData(0u, 7u)]
    public void A_payload_outside_of_the_file_is_refused(uint offset, uint length)
    {
        byte[] image = Make(s_lz4);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x248), offset);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24C), length);

        Should.Throw<InvalidDataException>(() => BzImage.Parse(image)).Message.ShouldContain("does not lie inside");
    }

    [Fact]
    public void Any_bytes_are_parsed_or_refused_and_the_payload_stays_inside() =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<byte[]>().ToArbitrary(),
            ArbMap.Default.GeneratorFor<int>().ToArbitrary(),
            (noise, at) =>
            {
                byte[] image = Make(s_lz4);
                int start = 0x1F1 + (Math.Abs(at % 0x60));
                noise.AsSpan(0, Math.Min(noise.Length, image.Length - start)).CopyTo(image.AsSpan(start));
                try
                {
                    BzImage parsed = BzImage.Parse(image);
                    return parsed.PayloadOffset >= 0 && parsed.PayloadLength >= 0 && parsed.PayloadOffset + parsed.PayloadLength <= image.Length;
                }
                catch (InvalidDataException)
                {
                    return true;
                }
            }).QuickCheckThrowOnFailure();

    private static byte[] Make(byte[] magic, byte setupSectors = 1, uint payloadOffset = 0, byte[]? payload = null)
    {
        payload ??= [.. magic, 0, 0, 0, 0, 8, 0, 0, 0];
        int start = ((setupSectors == 0 ? 4 : setupSectors) + 1) * 512;
        byte[] image = new byte[start + (int)payloadOffset + payload.Length];
        image[0x1F1] = setupSectors;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x020F);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x20E), 0x100);
        Encoding.ASCII.GetBytes("6.1.0-56-cloud-amd64 (builder) #1\0").CopyTo(image.AsSpan(0x300));
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x248), payloadOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24C), (uint)payload.Length);
        payload.CopyTo(image.AsSpan(start + (int)payloadOffset));
        return image;
    }
}
