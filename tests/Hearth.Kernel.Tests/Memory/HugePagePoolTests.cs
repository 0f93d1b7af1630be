using Hearth.Core.Errors;
using Hearth.Linux.Memory;

namespace Hearth.Kernel.Tests.Memory;

public sealed class HugePagePoolTests
{
    [Fact]
    public void Reserved_pages_are_not_free()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("hearth-huge-");
        try
        {
            foreach ((string file, int count) in (ReadOnlySpan<(string, int)>)[("nr_hugepages", 100), ("free_hugepages", 80), ("resv_hugepages", 16)])
            {
                File.WriteAllText(Path.Combine(directory.FullName, file), $"{count}\n");
            }

            HugePagePool.Require(64 * HugePagePool.PageBytes, directory.FullName);
            HearthException error = Should.Throw<HearthException>(() => HugePagePool.Require((64 * HugePagePool.PageBytes) + 1, directory.FullName));

            error.Message.ShouldBe("--hugepages: the VM needs 65 huge pages of 2 MiB, and 64 of the host's 100 are free.");
            error.Hint.ShouldBe("Reserve more as root: sysctl vm.nr_hugepages=101; or leave --hugepages out.");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_kernel_without_huge_pages_is_an_error() =>
        Should.Throw<HearthException>(static () => HugePagePool.Require(1, "/nowhere")).Message.ShouldBe("--hugepages: this host's kernel has no huge pages of 2 MiB.");
}
