using System.IO.Compression;
using Hearth.Core.Errors;
using Hearth.Images.Archives;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Archives;

/// <summary>Archives that unpack to far more than they are: zeros, which every format shrinks a thousandfold.</summary>
public sealed class ArchiveBombTests : IDisposable
{
    private const long Zeros = 64 << 20;
    private const long Bound = 4 << 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-bomb-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [SkippableTheory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    [InlineData("bzip2")]
    public async Task A_bomb_is_refused_before_it_fills_the_disk(string format)
    {
        byte[] bomb = await CompressAsync(format, new byte[Zeros]);
        bomb.LongLength.ShouldBeLessThan(Zeros / 100);

        HearthException error = await FailAsync(bomb, new ArchiveSpace(_directory, "the archive 'bomb.tar'") { MaximumBytes = Bound });

        error.Code.ShouldBe("archive.too-large");
        error.Message.ShouldBe("The archive 'bomb.tar' cannot be loaded: it unpacks to more than 4MiB.");
        error.Hint!.ShouldContain("made to fill disks");
        Unpacked.ShouldBeLessThanOrEqualTo(Bound);
    }

    [Fact]
    public async Task What_everybody_else_needs_of_the_disk_stays_free()
    {
        long free = 42 << 20;
        var space = new ArchiveSpace(_directory, "the archive 'bomb.tar'") { FreeBytes = () => free -= 16 << 20, KeptFreeBytes = 16 << 20 };

        HearthException error = await FailAsync(await CompressAsync("gzip", new byte[Zeros]), space);

        error.Code.ShouldBe("disk.full");
        error.Message.ShouldMatch("^The archive 'bomb.tar' cannot be loaded: it has unpacked to 16[.][0-9]MiB, and 10MiB are free where HEARTH_HOME is.$");
        Unpacked.ShouldBeLessThan(17 << 20);
        error.Hint.ShouldBe("16MiB stay free. Free some space ('hearth image prune', 'hearth prune'), or set HEARTH_HOME to a directory on a larger disk.");
    }

    [SkippableTheory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    [InlineData("bzip2")]
    public async Task Damaged_compression_is_told_as_such(string format)
    {
        byte[] content = new byte[1 << 20];
        new Random(1).NextBytes(content);
        byte[] archive = await CompressAsync(format, content);
        archive.AsSpan(archive.Length / 2, 1000).Fill(0x5a);

        HearthException error = await FailAsync(archive, new ArchiveSpace(_directory, "the archive"));

        error.Code.ShouldBe("archive.invalid");
        error.Message.ShouldStartWith("The archive cannot be loaded: its compression is damaged (");
    }

    private long Unpacked => new FileInfo(Path.Combine(_directory, "archive.tar")).Length;

    private async Task<HearthException> FailAsync(byte[] archive, ArchiveSpace space) => await Should.ThrowAsync<HearthException>(() =>
        new ArchiveReader(_directory, "the archive", space).OpenAsync(new MemoryStream(archive), CancellationToken.None));

    private static async Task<byte[]> CompressAsync(string format, byte[] content)
    {
        using var packed = new MemoryStream();
        if (format == "gzip")
        {
            await using var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true);
            await gzip.WriteAsync(content);
            await gzip.DisposeAsync();
            return packed.ToArray();
        }

        Skip.If(ToolProcess.Find(format) is null, $"{format} is not installed");
        await ToolProcess.RunAsync(new ToolCommand(format, ["-c"]), new ToolStreams { Input = new MemoryStream(content), Output = packed }, CancellationToken.None);
        return packed.ToArray();
    }
}
