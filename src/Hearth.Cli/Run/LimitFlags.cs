using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Run;

/// <summary>The options that bound what a VM takes of its host.</summary>
internal static class LimitFlags
{
    private const long HugePageBytes = 2L << 20;

    /// <param name="noSwap"><c>--no-swap</c>.</param>
    /// <param name="memoryMax"><c>--memory-max</c>; null when not given, as those below.</param>
    /// <param name="cpuWeight"><c>--cpu-weight</c>.</param>
    /// <param name="pidsMax"><c>--pids-max</c>.</param>
    /// <param name="shape">Memory, CPUs and huge pages of the VM, which the bounds have to leave room for.</param>
    /// <exception cref="HearthException">A value is refused; the message names the option.</exception>
    public static VmLimits Read(bool noSwap, string? memoryMax, string? cpuWeight, string? pidsMax, VmFlags shape) => new()
    {
        NoSwap = noSwap,
        MemoryMaxBytes = MemoryMax(memoryMax, shape.MemoryBytes ?? VmSpec.DefaultMemoryBytes, shape.HugePages),
        CpuWeight = CpuWeight(cpuWeight),
        PidsMax = PidsMax(pidsMax, (int)Math.Ceiling(shape.Cpus ?? 1)),
    };

    public static void RequireWholeHugePages(long memoryBytes)
    {
        if (memoryBytes % HugePageBytes != 0)
        {
            throw new HearthException(
                "hugepages.size", $"--hugepages: {memoryBytes >> 10} KiB of memory are not whole huge pages of 2 MiB.", $"Give -m {((memoryBytes / HugePageBytes) + 1) * 2}M.");
        }
    }

    private static long? MemoryMax(string? text, long guestBytes, bool hugePages)
    {
        long least = VmLimits.LeastMemory(guestBytes, hugePages);
        string reason = hugePages
            ? $"the engine needs {FlagValues.Short(least)} beside the huge pages"
            : $"the guest's memory is {FlagValues.Short(guestBytes)} and the engine needs {FlagValues.Short(VmLimits.OverheadBytes)} for itself";
        return FlagValues.Size("--memory-max", text, least, reason);
    }

    private static int? CpuWeight(string? text) => text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int weight) && weight is >= VmLimits.LeastCpuWeight and <= VmLimits.MostCpuWeight ? weight
        : throw new HearthException(
            "cpu-weight.invalid",
            $"--cpu-weight {text}: not a weight.",
            $"Give a whole number from {VmLimits.LeastCpuWeight} to {VmLimits.MostCpuWeight}; 100 is what others have.");

    private static int? PidsMax(string? text, int vcpus)
    {
        if (text is null)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            throw new HearthException("pids-max.invalid", $"--pids-max {text}: not a number.", "Give a whole number, such as 64.");
        }

        int least = VmLimits.LeastPids(vcpus);
        return count >= least
            ? count
            : throw new HearthException(
                "pids-max.invalid",
                $"--pids-max {text}: too few; a VM with {vcpus} CPU{(vcpus == 1 ? "" : "s")} needs {least} threads on the host.",
                $"Give --pids-max {least} or more. Processes inside of the VM are not counted.");
    }
}
