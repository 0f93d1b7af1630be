using System.Buffers.Binary;
using Hearth.Core.Errors;
using Hearth.Linux.Memory;
using Hearth.Vmm;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Engine.Tests.Snapshots;

public sealed class MemoryDeltaTests : IDisposable
{
    private const int Page = PageRun.PageBytes;
    private const int Rounds = 4000;

    private const string GoldenHeader =
        "484d454d444c5441" + "01000000" + "00100000" + "0000000200000000" + "02000000" + "00000000" +
        "0300000000000000" + "0100000000000000" +
        "0010000000000000" + "0200000000000000";

    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void A_delta_has_the_documented_bytes()
    {
        byte[] bytes = WriteGolden();

        Convert.ToHexStringLower(bytes.AsSpan(0, GoldenHeader.Length / 2)).ShouldBe(GoldenHeader);
        bytes.AsSpan(GoldenHeader.Length / 2, Page - (GoldenHeader.Length / 2)).IndexOfAnyExcept((byte)0).ShouldBe(-1);
        bytes.Length.ShouldBe(4 * Page);
    }

    [Fact]
    public void Pages_come_back_where_they_belong()
    {
        WriteGolden();
        using SafeFileHandle file = File.OpenHandle(_path);
        MemoryDelta delta = MemoryDelta.Read(file, _path);
        List<(long Offset, int Length, byte First)> pieces = [];

        delta.CopyPages(file, (offset, bytes) => pieces.Add((offset, bytes.Length, bytes[0])));

        delta.MemoryBytes.ShouldBe(32L << 20);
        delta.PageBytes.ShouldBe(3 * Page);
        pieces.ShouldBe([(3 * Page, Page, (byte)1), (0x1000L * Page, 2 * Page, (byte)2)]);
    }

    [Fact]
    public void A_delta_without_pages_is_one_page_of_header()
    {
        Write(new MemoryDelta(1 << 20, []), []);
        using SafeFileHandle file = File.OpenHandle(_path);

        MemoryDelta.Read(file, _path).PageBytes.ShouldBe(0);
        RandomAccess.GetLength(file).ShouldBe(Page);
    }

    [Theory]
    [InlineData(0, 1, "snapshot.corrupt")] // magic
    [InlineData(8, 2, "snapshot.newer")] // version
    [InlineData(13, 0x20, "snapshot.corrupt")] // page size
    [InlineData(16, 1, "snapshot.corrupt")] // memory: not whole pages
    [InlineData(23, 0x80, "snapshot.corrupt")] // memory: negative
    [InlineData(19, 0, "snapshot.corrupt")] // memory: nothing
    [InlineData(24, 1, "snapshot.corrupt")] // fewer runs than the pages need
    [InlineData(27, 0x08, "snapshot.corrupt")] // more runs than may be
    [InlineData(39, 0x80, "snapshot.corrupt")] // a run before the memory
    [InlineData(40, 0, "snapshot.corrupt")] // an empty run
    [InlineData(47, 0x7f, "snapshot.corrupt")] // a run beyond the memory
    [InlineData(49, 0, "snapshot.corrupt")] // a run before the one before it
    public void A_byte_that_cannot_be_is_refused(int at, byte value, string code)
    {
        byte[] bytes = WriteGolden();
        bytes[at] = value;

        Read(bytes).ShouldBe(code);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(63)]
    [InlineData(Page)]
    [InlineData((4 * Page) - 1)]
    [InlineData((4 * Page) + 1)]
    public void A_file_of_another_length_is_refused(int length)
    {
        byte[] bytes = WriteGolden();
        Array.Resize(ref bytes, length);

        Read(bytes).ShouldBe("snapshot.corrupt");
    }

    [Fact]
    public void A_table_that_would_not_fit_an_array_is_refused()
    {
        byte[] bytes = WriteGolden();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(24), 1u << 27);
        File.WriteAllBytes(_path, bytes);
        using (SafeFileHandle grown = File.OpenHandle(_path, FileMode.Open, FileAccess.Write))
        {
            RandomAccess.SetLength(grown, 3L << 30); // A hole: no disk is used.
        }

        using SafeFileHandle file = File.OpenHandle(_path);
        Should.Throw<HearthException>(() => MemoryDelta.Read(file, _path)).Code.ShouldBe("snapshot.corrupt");
    }

    [Fact]
    public void Damaged_headers_are_read_or_refused_and_no_page_falls_outside_of_the_memory()
    {
        Random random = new(20260102);
        byte[] whole = WriteGolden();
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = random.Next(8) == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            for (int flips = random.Next(1, 4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(Math.Min(bytes.Length, 72))] = (byte)random.Next(256);
            }

            refused += Read(bytes) is null ? 0 : 1;
        }

        refused.ShouldBeGreaterThan(Rounds / 2);
        refused.ShouldBeLessThan(Rounds);
    }

    public void Dispose() => File.Delete(_path);

    /// <summary>The code of the refusal; null when it was read, and all its pages were inside of the memory.</summary>
    private string? Read(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        using SafeFileHandle file = File.OpenHandle(_path);
        try
        {
            MemoryDelta delta = MemoryDelta.Read(file, _path);
            delta.CopyPages(file, (offset, part) => (offset >= 0 && offset + part.Length <= delta.MemoryBytes).ShouldBeTrue());
            return null;
        }
        catch (HearthException e) when (e.Code is "snapshot.corrupt" or "snapshot.newer")
        {
            return e.Code;
        }
    }

    private byte[] WriteGolden() => Write(new MemoryDelta(32L << 20, [new PageRun(3, 1), new PageRun(0x1000, 2)]), [1, 2, 3]);

    private byte[] Write(MemoryDelta delta, byte[] pages)
    {
        using (SafeFileHandle file = File.OpenHandle(_path, FileMode.Create, FileAccess.Write))
        {
            delta.WriteHeader(file);
            for (int i = 0; i < pages.Length; i++)
            {
                byte[] page = new byte[Page];
                Array.Fill(page, pages[i]);
                RandomAccess.Write(file, page, delta.DataOffset + (i * Page));
            }
        }

        return File.ReadAllBytes(_path);
    }
}
