using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Images.Initramfs;
using Hearth.Images.Kernels;

namespace Hearth.Images.Tests.Initramfs;

public sealed class InitramfsBuilderTests : IDisposable
{
    private readonly HearthPaths _paths = new(Directory.CreateTempSubdirectory("hearth-initramfs-").FullName);
    private readonly string _agent;

    public InitramfsBuilderTests()
    {
        _agent = Path.Combine(_paths.Home, "agent");
        File.WriteAllBytes(_agent, ElfBuilder.Program(null));
    }

    public void Dispose() => Directory.Delete(_paths.Home, recursive: true);

    [SkippableFact]
    public async Task Two_callers_at_once_get_one_file_and_later_ones_read_a_link()
    {
        RequireGuestTools();
        KernelRecord kernel = MakeKernel();
        var builder = new InitramfsBuilder(_paths);

        string[] made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => builder.EnsureAsync(kernel, _agent, CancellationToken.None)));
        DateTime written = File.GetLastWriteTimeUtc(made[0]);
        string again = await builder.EnsureAsync(kernel, _agent, CancellationToken.None);

        made.Append(again).Distinct().Count().ShouldBe(1);
        File.GetLastWriteTimeUtc(again).ShouldBe(written);
        Directory.GetFileSystemEntries(Path.GetDirectoryName(again)!).Length.ShouldBe(2);
    }

    [SkippableFact]
    public async Task A_changed_agent_gets_a_new_file_and_only_the_newest_stay()
    {
        RequireGuestTools();
        KernelRecord kernel = MakeKernel();
        var builder = new InitramfsBuilder(_paths);
        var made = new List<string>();
        for (byte i = 0; i < 7; i++)
        {
            byte[] program = ElfBuilder.Program(null);
            program[^1] = i;
            File.Delete(_agent);
            File.WriteAllBytes(_agent, program);
            made.Add(await builder.EnsureAsync(kernel, _agent, CancellationToken.None));
        }

        made.Distinct().Count().ShouldBe(7);
        File.Exists(made[^1]).ShouldBeTrue();
        Directory.GetFiles(Path.GetDirectoryName(made[0])!, "*.cpio").Length.ShouldBe(4);
    }

    [SkippableFact]
    public void Equal_contents_are_equal_bytes()
    {
        RequireGuestTools();
        KernelRecord kernel = MakeKernel();

        Write(kernel).ShouldBe(Write(kernel));
    }

    [SkippableFact]
    public void The_lists_name_the_modules_in_load_order()
    {
        RequireGuestTools();
        KernelRecord kernel = MakeKernel(("virtio_blk.ko", "depends=virtio\0"), ("virtio.ko", "depends=\0"), ("virtio-rng.ko", "depends=virtio\0"), ("fuse.ko", "depends=virtio,extra\0"), ("extra.ko", "depends=\0"), ("stray.ko", "\0"));
        using var output = new MemoryStream();

        InitramfsBuilder.Write(output, File.ReadAllBytes(_agent), kernel.ModulesDirectory, new ModuleSelection(["virtio_blk", "virtio_rng"], ["fuse", "virtio_blk"]));

        string text = Encoding.ASCII.GetString(output.ToArray());
        text.ShouldContain("virtio.ko\nvirtio_blk.ko\nvirtio-rng.ko\n\0");
        text.ShouldContain("extra.ko\nfuse.ko\n\0");
        text.ShouldNotContain("stray.ko");
    }

    [Fact]
    public async Task A_missing_agent_is_named()
    {
        KernelRecord kernel = MakeKernel();

        HearthException error = await Should.ThrowAsync<HearthException>(() => new InitramfsBuilder(_paths).EnsureAsync(kernel, "/nowhere/agent", CancellationToken.None));

        error.Code.ShouldBe("initramfs.agent-missing");
        error.Message.ShouldBe("The guest agent '/nowhere/agent' is not there.");
    }

    [Fact]
    public void A_library_that_is_nowhere_is_named()
    {
        var closure = new LibraryClosure(["/nowhere"]);

        HearthException error = Should.Throw<HearthException>(() => closure.Resolve(ElfBuilder.Program("/lib64/ld.so", "libgone.so.1")));

        error.Message.ShouldBe("The guest agent needs the library 'libgone.so.1', which is not in /nowhere.");
    }

    [Fact]
    public void Libraries_of_libraries_are_found_once_each()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_paths.Home, "lib")).FullName;
        File.WriteAllBytes(Path.Combine(directory, "liba.so"), ElfBuilder.Program(null, "libc.so", "ld.so"));
        File.WriteAllBytes(Path.Combine(directory, "libb.so"), ElfBuilder.Program(null, "liba.so"));
        File.WriteAllBytes(Path.Combine(directory, "libc.so"), ElfBuilder.Program(null, "ld.so"));

        new LibraryClosure([directory]).Resolve(ElfBuilder.Program("/lib64/ld.so", "libb.so", "libc.so")).Select(Path.GetFileName)
            .ShouldBe(["ld.so", "libb.so", "libc.so", "liba.so"]);
    }

    private static void RequireGuestTools() =>
        Skip.IfNot(File.Exists("/bin/busybox") && File.Exists("/usr/bin/tini-static"), "busybox-static or tini is not installed.");

    private byte[] Write(KernelRecord kernel)
    {
        using var output = new MemoryStream();
        InitramfsBuilder.Write(output, File.ReadAllBytes(_agent), kernel.ModulesDirectory, ModuleSelection.Default);
        return output.ToArray();
    }

    private KernelRecord MakeKernel(params (string Name, string Modinfo)[] modules)
    {
        string digest = new('a', 64);
        string directory = Path.Combine(_paths.Kernels, digest);
        string target = Directory.CreateDirectory(Path.Combine(directory, "modules")).FullName;
        foreach ((string name, string modinfo) in modules)
        {
            File.WriteAllBytes(Path.Combine(target, name), ElfBuilder.Module(modinfo));
        }

        return new KernelRecord("test", digest, "6.1", Path.Combine(directory, "vmlinux"), target);
    }
}
