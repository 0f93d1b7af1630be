using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Images.Kernels;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;

namespace Hearth.Images.Tests.Kernels;

/// <summary>What can be told of a kernel build without compiling one.</summary>
public sealed class MicroKernelBuilderTests : IDisposable
{
    private const string SymbolFile = "/usr/lib/x86_64-linux-gnu/crt1.o";

    private readonly HearthPaths _paths = new(Directory.CreateTempSubdirectory("hearth-micro-").FullName);

    public void Dispose() => Directory.Delete(_paths.Home, recursive: true);

    [Fact]
    public void The_configuration_asks_for_everything_that_a_boot_needs() =>
        MicroKernelBuilder.FindMissingOptions(MicroKernelBuilder.ReadFragment()).ShouldBeEmpty();

    [Fact]
    public void An_option_that_the_source_dropped_is_named()
    {
        string configuration = MicroKernelBuilder.ReadFragment().Replace("CONFIG_PVH=y", "# CONFIG_PVH is not set", StringComparison.Ordinal);

        MicroKernelBuilder.FindMissingOptions(configuration).ShouldBe(["PVH"]);
    }

    [Fact]
    public void The_configuration_is_settings_and_comments_and_says_nothing_twice()
    {
        string[] settings = [.. MicroKernelBuilder.ReadFragment().Split('\n').Where(static line => line.Length > 0 && line[0] != '#')];

        settings.ShouldAllBe(static line => System.Text.RegularExpressions.Regex.IsMatch(line, "^CONFIG_[A-Z0-9_]+=(y|n|-?[0-9]+|\"[^\"]*\")$"));
        settings.Select(static line => line[..line.IndexOf('=', StringComparison.Ordinal)]).ShouldBeUnique();
        settings.ShouldContain("CONFIG_LOCALVERSION=\"-hearth\"");
    }

    [Fact]
    public void Missing_packages_are_named_with_the_command_that_installs_them()
    {
        HearthException error = Should.Throw<HearthException>(() => MicroKernelBuilder.RequireTools(static path => path is not ("/usr/bin/flex" or "/usr/bin/bc")));

        error.Code.ShouldBe("kernel.build-tools");
        error.Message.ShouldBe("The micro kernel cannot be built: packages are missing: flex bc.");
        error.Hint.ShouldBe("Run as root: apt-get install --no-install-recommends flex bc");
    }

    [Theory]
    [InlineData("  CC      kernel/fork.o", true)]
    [InlineData("  LD      vmlinux", true)]
    [InlineData("make[1]: Entering directory", false)]
    [InlineData("", false)]
    public void Makes_lines_are_counted_as_steps(string line, bool step) => MicroKernelBuilder.IsStep(line).ShouldBe(step);

    [SkippableFact]
    [Trait("Kind", "kernel")]
    public async Task A_compiled_kernel_is_stripped_and_published_under_its_name()
    {
        Skip.If(ToolProcess.Find("strip") is null, "strip (binutils) is not installed");
        Skip.IfNot(File.Exists(SymbolFile), "libc6-dev is not installed: there is no file with symbols");
        var store = new KernelStore(_paths);
        using StagingDirectory work = await StagingDirectory.CreateAsync(_paths, "kernel", CancellationToken.None);
        string release = Directory.CreateDirectory(Path.Combine(work.File("sources"), "include", "config")).FullName;
        await File.WriteAllTextAsync(Path.Combine(release, "kernel.release"), "6.1.0-hearth\n");
        File.Copy(SymbolFile, Path.Combine(work.File("sources"), "vmlinux"));

        KernelRecord kernel = await new MicroKernelBuilder(_paths, store).PublishAsync(work.File("sources"), work.File("kernel"), "linux-source-6.1_6.1.0", CancellationToken.None);

        kernel.Name.ShouldBe("micro");
        kernel.Release.ShouldBe("6.1.0-hearth");
        store.Find("micro").ShouldBe(kernel);
        new FileInfo(kernel.VmlinuxPath).Length.ShouldBeLessThan(new FileInfo(SymbolFile).Length);
        (await File.ReadAllBytesAsync(kernel.VmlinuxPath))[..4].ShouldBe("\u007fELF"u8.ToArray());
        Directory.GetFiles(kernel.ModulesDirectory).ShouldBeEmpty();
    }
}
