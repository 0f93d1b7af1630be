using Hearth.Core.Storage;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Vmm;

namespace Hearth.Cli.Tests.Templates;

public sealed class TemplateCommandTests : IDisposable
{
    private readonly StringWriter _out = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };
    private readonly HearthPaths _paths = new(Directory.CreateTempSubdirectory("hearth-cli-test-").FullName);

    public TemplateCommandTests() => HearthHome.Open(_paths);

    [Fact]
    public async Task The_table_shows_sizes_and_the_last_use()
    {
        Make("aa11", "@busybox");

        (await RunAsync("template", "ls")).ShouldBe(0);

        string[] lines = _out.ToString().Split('\n');
        lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).ShouldBe(["KEY", "IMAGE", "KERNEL", "CPUS", "MEMORY", "DISK", "READY", "SIZE", "CREATED", "LAST", "USED"]);
        lines[1].ShouldStartWith("aa1100000000   @busybox   dddddddddddd   2         512MiB    10GiB     to start   ");
    }

    [Theory]
    [InlineData("image=@busybox", "aa1100000000 aa2200000000")]
    [InlineData("image=alpine:latest", "bb3300000000")]
    [InlineData("kernel=dddd", "aa1100000000 aa2200000000 bb3300000000")]
    [InlineData("kernel=micro", "")]
    public async Task Filters_choose_templates(string filter, string expected)
    {
        MakeThree();

        (await RunAsync("template", "list", "-q", "--filter", filter)).ShouldBe(0);

        _out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Rm_takes_beginnings_of_keys_and_images_and_goes_on_after_what_is_not_there()
    {
        MakeThree();

        (await RunAsync("template", "rm", "zz", "@busybox", "aa1", "bb")).ShouldBe(1);

        _out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).Select(static key => key[..4]).ShouldBe(["aa11", "aa22", "bb33"]);
        _error.ToString().ShouldBe("hearth: No such template: zz\n  'hearth template ls' lists them.\n");
        Directory.EnumerateFileSystemEntries(_paths.Templates).ShouldBeEmpty();
    }

    [Fact]
    public async Task Prune_keeps_what_fits_and_says_what_goes()
    {
        MakeThree();

        (await RunAsync("template", "prune", "-f")).ShouldBe(0);
        _out.ToString().ShouldBe("Total reclaimed space: 0B\n");
        (await RunAsync("template", "prune", "-af")).ShouldBe(0);

        _out.ToString().ShouldContain("Deleted Templates:\n");
        _out.ToString().ShouldContain("bb3300000000 alpine\n");
        Directory.EnumerateFileSystemEntries(_paths.Templates).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("template", "prune", "--keep", "some")]
    [InlineData("template", "prune", "--all", "--keep", "1G")]
    [InlineData("template", "rm")]
    [InlineData("prepare")]
    [InlineData("prepare", "-m", "1k", "@busybox")]
    [InlineData("prepare", "--accel", "warp", "@busybox")]
    [InlineData("prepare", "--pull", "sometimes", "@busybox")]
    [InlineData("prepare", "--pull", "never", "alpine")]
    public async Task Wrong_words_are_refused_before_anything_is_done(params string[] args)
    {
        MakeThree();

        (await RunAsync(args)).ShouldBeOneOf(2, 125);

        _out.ToString().ShouldBeEmpty();
        Directory.GetDirectories(_paths.Templates).Length.ShouldBe(3);
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        Directory.Delete(_paths.Home, recursive: true);
    }

    private Task<int> RunAsync(params string[] args) => CommandLine.RunAsync(TestContext.Create(_out, _error, _paths.Home), args);

    private void MakeThree()
    {
        Make("aa11", "@busybox");
        Make("aa22", "@busybox");
        Make("bb33", "alpine");
    }

    private void Make(string key, string image)
    {
        string directory = Path.Combine(_paths.Templates, key.PadRight(32, '0'));
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, FrozenState.MemoryFile), new byte[5000]);
        new FrozenState(directory, new FrozenManifest
        {
            Kind = FrozenKind.Template,
            Name = Path.GetFileName(directory),
            Created = TimeProvider.System.GetUtcNow(),
            Engine = "aabbccddeeff",
            Accel = "qemu/tcg",
            Kernel = new string('d', 64),
            Image = image,
            ImageId = "sha256:" + new string('a', 64),
            Vcpus = 2,
            MemoryBytes = 512L << 20,
            DiskBytes = 10L << 30,
            MemoryModified = 0,
            Disk = [new DiskLayer(FrozenState.DiskFile(0), DiskFormat.Raw)],
        }).WriteManifest();
    }
}
