using System.Globalization;
using Hearth.Core.Errors;

namespace Hearth.Linux.Memory;

/// <summary>The host's reserve of huge pages (Documentation/admin-guide/mm/hugetlbpage.rst).</summary>
public static class HugePagePool
{
    public const long PageBytes = 2L << 20;

    private const string DefaultDirectory = "/sys/kernel/mm/hugepages/hugepages-2048kB";

    /// <summary>Requires that so much memory can be taken of it now.</summary>
    /// <exception cref="HearthException"><c>hugepages.unavailable</c>.</exception>
    public static void Require(long bytes, string directory = DefaultDirectory)
    {
        long needed = (bytes + PageBytes - 1) / PageBytes;
        if (!Directory.Exists(directory))
        {
            throw new HearthException("hugepages.unavailable", "--hugepages: this host's kernel has no huge pages of 2 MiB.", "Leave --hugepages out.");
        }

        // What is reserved is free still, but promised to somebody.
        long available = Read(directory, "free_hugepages") - Read(directory, "resv_hugepages");
        if (available < needed)
        {
            long total = Read(directory, "nr_hugepages");
            throw new HearthException(
                "hugepages.unavailable",
                string.Create(CultureInfo.InvariantCulture, $"--hugepages: the VM needs {needed} huge pages of 2 MiB, and {Math.Max(0, available)} of the host's {total} are free."),
                string.Create(CultureInfo.InvariantCulture, $"Reserve more as root: sysctl vm.nr_hugepages={total + needed - Math.Max(0, available)}; or leave --hugepages out."));
        }
    }

    private static long Read(string directory, string file) => long.Parse(File.ReadAllText(Path.Combine(directory, file)), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
}
