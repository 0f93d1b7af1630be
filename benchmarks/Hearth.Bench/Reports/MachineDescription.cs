using System.Globalization;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Reports;

/// <summary>Where the figures were taken: they mean nothing without.</summary>
/// <param name="Facts">Name and value, in order.</param>
internal sealed record MachineDescription(IReadOnlyList<(string Name, string Value)> Facts)
{
    public static MachineDescription Read(HearthBinary hearth, string loadBefore) => new(
    [
        ("CPU", Line("/proc/cpuinfo", "model name")),
        ("cores", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
        ("memory", Line("/proc/meminfo", "MemTotal")),
        ("system", Line("/etc/os-release", "PRETTY_NAME", '=').Trim('"')),
        ("kernel", File.ReadAllText("/proc/sys/kernel/osrelease").Trim()),
        ("QEMU", FirstLine("qemu-system-x86_64", "--version")),
        ("podman", FirstLine("podman", "--version")),
        ("acceleration", Acceleration(hearth)),
        ("hearth", hearth.RunChecked("version").Output.Split('\n')[0]),
        ("load average (1, 5, 15 min) before the run", loadBefore),
        ("load average after", LoadAverage()),
    ]);

    public static string LoadAverage() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    /// <summary>What a VM says that it runs under: <c>qemu/tcg</c> is software emulation.</summary>
    private static string Acceleration(HearthBinary hearth)
    {
        const string VmName = "bench-machine";
        string engine = hearth.StartIdle(VmName).State.Engine ?? "unknown";
        hearth.Remove(VmName);
        return engine;
    }

    private static string Line(string file, string field, char separator = ':') =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?.Split(separator, 2)[1].Trim() ?? "unknown";

    private static string FirstLine(string program, string argument) => Child.RunChecked(program, [argument]).Output.Split('\n')[0];
}
