using System.Formats.Tar;
using System.Text;
using Hearth.Cli.Copy;
using Hearth.Core.Errors;

namespace Hearth.Cli.Tests.Copy;

public sealed class HostExtractionTests : IDisposable
{
    private readonly string _base = Directory.CreateTempSubdirectory("hearth-copy-").FullName;
    private readonly string _target;
    private readonly string _outside;
    private readonly List<string> _warnings = [];

    public HostExtractionTests()
    {
        _target = Directory.CreateDirectory(Path.Combine(_base, "target")).FullName;
        _outside = Path.Combine(_base, "outside");
        File.WriteAllText(_outside, "untouched");
    }

    public void Dispose()
    {
        File.ReadAllText(_outside).ShouldBe("untouched");
        Directory.GetFileSystemEntries(_base).Length.ShouldBe(2);
        Directory.Delete(_base, recursive: true);
    }

    [Fact]
    public async Task A_tree_arrives_under_its_new_name_with_modes_times_and_links()
    {
        var time = new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.Zero);
        await ExtractAsync("src", "renamed",
            new PaxTarEntry(TarEntryType.Directory, "src/") { Mode = (UnixFileMode)0b101_000_000, ModificationTime = time },
            TarFile("src/a", "hello", (UnixFileMode)Convert.ToInt32("4755", 8), time),
            new PaxTarEntry(TarEntryType.SymbolicLink, "src/link") { LinkName = "/etc/passwd" },
            new PaxTarEntry(TarEntryType.HardLink, "src/hard") { LinkName = "src/a" });
        string root = Path.Combine(_target, "renamed");
        File.ReadAllText(Path.Combine(root, "hard")).ShouldBe("hello");
        File.ResolveLinkTarget(Path.Combine(root, "link"), false)!.FullName.ShouldBe("/etc/passwd");
        File.GetUnixFileMode(Path.Combine(root, "a")).ShouldBe((UnixFileMode)Convert.ToInt32("755", 8), "set-user-id is dropped");
        File.GetLastWriteTimeUtc(root).ShouldBe(time.UtcDateTime);
        File.GetUnixFileMode(root).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_file_larger_than_the_space_that_is_left_is_refused_before_a_byte_is_written()
    {
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, leaveOpen: true))
        {
            await writer.WriteEntryAsync(TarFile("src/fits", "1234567890"));
            await writer.WriteEntryAsync(TarFile("src/large", "12345678901"));
        }

        archive.Position = 0;
        HostExtraction extraction = new(_target, "src", "src", keepOwner: false, _warnings.Add) { FreeBytes = () => 10 };

        HearthException error = await Should.ThrowAsync<HearthException>(extraction.ExtractAsync(archive, CancellationToken.None));

        error.Code.ShouldBe("copy.no-space");
        error.Message.ShouldBe($"src/large has 11B; the file system of {_target} has 10B left.");
        File.Exists(Path.Combine(_target, "src", "fits")).ShouldBeTrue();
        File.Exists(Path.Combine(_target, "src", "large")).ShouldBeFalse();
    }

    [Fact]
    public async Task Contents_are_spread_over_the_directory()
    {
        await ExtractAsync("src", null, new PaxTarEntry(TarEntryType.Directory, "src/"), TarFile("src/sub/a", "x"));
        File.ReadAllText(Path.Combine(_target, "sub", "a")).ShouldBe("x");
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("src/../../outside")]
    [InlineData("/outside")]
    [InlineData("other/file")]
    public async Task A_name_outside_of_what_was_asked_for_is_refused(string name) =>
        (await Should.ThrowAsync<HearthException>(ExtractAsync("src", "src", TarFile(name, "evil")))).Code.ShouldBe("copy.hostile");

    [Fact]
    public async Task Nothing_is_written_behind_a_link_of_the_archive() =>
        (await Should.ThrowAsync<HearthException>(ExtractAsync("src", "src",
            new PaxTarEntry(TarEntryType.Directory, "src/"),
            new PaxTarEntry(TarEntryType.SymbolicLink, "src/up") { LinkName = _base },
            TarFile("src/up/outside", "evil")))).Code.ShouldBe("copy.hostile");

    [Fact]
    public async Task Nothing_is_written_behind_a_link_that_was_there()
    {
        Directory.CreateDirectory(Path.Combine(_target, "src"));
        File.CreateSymbolicLink(Path.Combine(_target, "src", "up"), _base);
        (await Should.ThrowAsync<HearthException>(ExtractAsync("src", "src", TarFile("src/up/outside", "evil")))).Code.ShouldBe("copy.hostile");
    }

    [Fact]
    public async Task A_file_replaces_a_link_and_does_not_write_into_its_target()
    {
        await ExtractAsync("src", "src", new PaxTarEntry(TarEntryType.SymbolicLink, "src/f") { LinkName = _outside }, TarFile("src/f", "new"));
        File.ReadAllText(Path.Combine(_target, "src", "f")).ShouldBe("new");
        File.ResolveLinkTarget(Path.Combine(_target, "src", "f"), false).ShouldBeNull();
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("src/up")]
    public async Task A_hard_link_to_something_else_than_a_file_of_the_archive_is_refused(string link) =>
        (await Should.ThrowAsync<HearthException>(ExtractAsync("src", "src",
            new PaxTarEntry(TarEntryType.SymbolicLink, "src/up") { LinkName = _outside },
            new PaxTarEntry(TarEntryType.HardLink, "src/h") { LinkName = link }))).Code.ShouldBe("copy.hostile");

    [Fact]
    public async Task A_directory_does_not_become_a_file()
    {
        Directory.CreateDirectory(Path.Combine(_target, "src"));
        (await Should.ThrowAsync<HearthException>(ExtractAsync("src", "src", TarFile("src", "x")))).Code.ShouldBe("copy.refused");
    }

    [Fact]
    public async Task Device_nodes_and_pipes_stay_in_the_VM()
    {
        await ExtractAsync("src", "src",
            new PaxTarEntry(TarEntryType.BlockDevice, "src/sda") { DeviceMajor = 8 }, new PaxTarEntry(TarEntryType.Fifo, "src/pipe"));
        Directory.GetFileSystemEntries(Path.Combine(_target, "src")).ShouldBeEmpty();
        _warnings.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_cut_archive_is_called_broken()
    {
        byte[] whole = await PackAsync(TarFile("src/a", new string('x', 5000)));
        var error = await Should.ThrowAsync<HearthException>(Extraction("src", "src").ExtractAsync(new MemoryStream(whole[..2000]), CancellationToken.None));
        error.Code.ShouldBe("copy.corrupt");
    }

    private static PaxTarEntry TarFile(string name, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, DateTimeOffset time = default) => new(TarEntryType.RegularFile, name)
    {
        DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
        Mode = mode,
        ModificationTime = time == default ? DateTimeOffset.UnixEpoch : time,
    };

    private static async Task<byte[]> PackAsync(params TarEntry[] entries)
    {
        var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            foreach (TarEntry entry in entries)
            {
                await writer.WriteEntryAsync(entry);
            }
        }

        return archive.ToArray();
    }

    private HostExtraction Extraction(string top, string? name) => new(_target, top, name, keepOwner: false, _warnings.Add);

    private async Task ExtractAsync(string top, string? name, params TarEntry[] entries) =>
        await Extraction(top, name).ExtractAsync(new MemoryStream(await PackAsync(entries)), CancellationToken.None);
}
