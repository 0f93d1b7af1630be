using Hearth.Core.Errors;
using Hearth.Core.Storage;
using Hearth.Images.Kernels;
using Hearth.Images.Tests.Initramfs;
using Hearth.Linux.Files;

namespace Hearth.Images.Tests.Kernels;

public sealed class KernelStoreTests : IDisposable
{
    private readonly HearthPaths _paths = new(Directory.CreateTempSubdirectory("hearth-kernels-").FullName);
    private readonly KernelStore _store;

    public KernelStoreTests() => _store = new KernelStore(_paths);

    public void Dispose() => Directory.Delete(_paths.Home, recursive: true);

    [Fact]
    public async Task A_published_kernel_is_found_by_name_and_digest()
    {
        KernelRecord kernel = await PublishAsync("micro", "one");

        kernel.Release.ShouldBe("6.1-test");
        _store.Find("micro").ShouldBe(kernel);
        _store.Find(kernel.Digest).ShouldBe(kernel);
        (await _store.EnsureAsync("micro", null, CancellationToken.None)).ShouldBe(kernel);
        Directory.GetFileSystemEntries(_paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_digest_depends_on_kernel_and_modules_alone()
    {
        KernelRecord one = await PublishAsync("micro", "one");
        KernelRecord same = await PublishAsync("micro", "one");
        KernelRecord other = await PublishAsync("micro", "two");

        same.ShouldBe(one);
        other.Digest.ShouldNotBe(one.Digest);
        _store.Find("micro").ShouldBe(other);
        _store.List().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_removed_kernel_is_gone_by_name_and_from_disk()
    {
        KernelRecord kernel = await PublishAsync("micro", "one");

        await _store.RemoveAsync("micro", CancellationToken.None);

        _store.Find("micro").ShouldBeNull();
        _store.List().ShouldBeEmpty();
        File.Exists(kernel.VmlinuxPath).ShouldBeFalse();
        Directory.GetFileSystemEntries(_paths.Staging).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_kernel_that_cannot_be_made_is_an_error_with_its_cure()
    {
        HearthException unbuilt = await Should.ThrowAsync<HearthException>(() => _store.EnsureAsync("micro", null, CancellationToken.None));
        HearthException unknown = await Should.ThrowAsync<HearthException>(() => _store.EnsureAsync("vista", null, CancellationToken.None));

        unbuilt.Code.ShouldBe("kernel.not-built");
        unbuilt.Hint!.ShouldContain("hearth kernel build micro");
        unknown.Message.ShouldBe("Kernel 'vista' is not in the store.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../images")]
    [InlineData("a/b")]
    public void A_name_that_is_a_path_is_nobodys(string name) => _store.Find(name).ShouldBeNull();

    [Fact]
    public async Task Damaged_metadata_is_reported_with_its_directory()
    {
        KernelRecord kernel = await PublishAsync("micro", "one");
        await File.WriteAllTextAsync(Path.Combine(_paths.Kernels, kernel.Digest, "meta.json"), "{");

        HearthException error = Should.Throw<HearthException>(() => _store.Find("micro"));

        error.Code.ShouldBe("kernel.corrupt");
        error.Hint!.ShouldContain(kernel.Digest);
    }

    private async Task<KernelRecord> PublishAsync(string name, string content)
    {
        using StagingDirectory staging = await StagingDirectory.CreateAsync(_paths, "kernel", CancellationToken.None);
        string staged = staging.File("kernel");
        Directory.CreateDirectory(Path.Combine(staged, "modules"));
        await File.WriteAllTextAsync(Path.Combine(staged, "vmlinux"), content);
        await File.WriteAllBytesAsync(Path.Combine(staged, "modules", "a.ko"), ElfBuilder.Module("depends=\0"));
        return await _store.PublishAsync(staged, name, "6.1-test", "test", CancellationToken.None);
    }
}
