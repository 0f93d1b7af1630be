using System.Text;
using Hearth.Core.Errors;
using Hearth.Linux.Clocks;
using Hearth.Linux.Processes;
using Hearth.Protocol.Link;
using Hearth.Vmm.Qemu;

namespace Hearth.Engine.Snapshots.Exports;

/// <summary>What a host has to have in common with the one that a memory and its devices come from.</summary>
/// <param name="Qemu">The first line of <c>qemu-system-x86_64 --version</c>: the microvm machine has no versions of its own.</param>
/// <param name="CpuFlags">Under KVM, what the CPU can: the guest uses all of it. Empty under emulation, which is the same anywhere.</param>
/// <param name="TscKilohertz">The rate of the CPU's counter: the guest's clock counts by it, and was told it when it booted.</param>
/// <param name="Link">The version of the link that the agent in the memory speaks.</param>
public sealed record ExportHost(string Qemu, IReadOnlyList<string> CpuFlags, long TscKilohertz, int Link)
{
    /// <summary>Counters of one kind of CPU differ by some 50 ppm, and so does a measurement; a clock that is 0.1 % wrong loses 4 s an hour.</summary>
    private const double MostClockError = 0.001;

    private const int Measurements = 5;
    private const int MostVersionBytes = 64 << 10;

    private static readonly TimeSpan s_measurement = TimeSpan.FromMilliseconds(10);

    /// <summary>This host.</summary>
    public static async Task<ExportHost> ReadAsync(bool useKvm, CancellationToken cancellationToken)
    {
        string qemu = QemuEngine.FindBinary() ?? throw new HearthException("engine.missing", "qemu-system-x86_64 is not installed.", "Install the package qemu-system-x86.");
        string version = Encoding.UTF8.GetString(await ToolProcess.ReadAsync(new ToolCommand(qemu, ["--version"]), MostVersionBytes, cancellationToken));
        return new ExportHost(version.Split('\n')[0].Trim(), useKvm ? ReadFlags() : [], MeasureCounter(), LinkHello.CurrentVersion);
    }

    /// <summary>Why what was frozen there cannot go on here; null when it can.</summary>
    public string? WhyNot(ExportHost here)
    {
        if (Qemu != here.Qemu)
        {
            return $"it was made with '{Qemu}', and here is '{here.Qemu}'";
        }

        if (Link != here.Link)
        {
            return $"its agent speaks version {Link} of the link, and this hearth version {here.Link}";
        }

        string[] missing = [.. CpuFlags.Except(here.CpuFlags)];
        if (missing.Length > 0)
        {
            return $"this CPU lacks {string.Join(", ", missing.Take(10))}{(missing.Length > 10 ? $" and {missing.Length - 10} more features" : "")}";
        }

        double error = Math.Abs((double)(TscKilohertz - here.TscKilohertz) / Math.Max(1, here.TscKilohertz));
        return error > MostClockError ? $"its clock counts {TscKilohertz} kHz, and this CPU's counter {here.TscKilohertz}: the guest's time would be wrong by {error:P1}" : null;
    }

    /// <summary>The median: a thread that is interrupted while it measures is far off.</summary>
    private static long MeasureCounter()
    {
        long[] measured = [.. Enumerable.Range(0, Measurements).Select(static _ => TimeStampCounter.MeasureKilohertz(s_measurement)).Order()];
        return measured[Measurements / 2];
    }

    private static string[] ReadFlags() =>
        [.. (File.ReadLines("/proc/cpuinfo").FirstOrDefault(static l => l.StartsWith("flags", StringComparison.Ordinal)) ?? "").Split([' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries).Skip(1)];
}
