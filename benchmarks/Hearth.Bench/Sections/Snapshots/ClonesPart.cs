using System.Globalization;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>What clones take of the host's memory.</summary>
internal sealed class ClonesPart : ISnapshotPart
{
    private const double Bound = 32;

    /// <summary>Twice the goal for each: more would measure what a host without memory does.</summary>
    private const double Reserved = 64;

    private const string Source = "bench-source";
    private const string NamePattern = "bench-copy-{n}";
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(60);

    /// <summary>Before the first look at MemAvailable. Seen without: a third of what PSS says; memory of earlier VMs coming back would explain it.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(10);

    public string Method => $"""
        clones: `hearth fork VM -n 50` of an idle VM of 512 MiB (`--clones N` makes another number; where memory does not last for {Reserved:0} MB each, as many as it does), and
        after {s_idle.TotalSeconds:0} s without work: growth of the sum of `Pss` (`smaps_rollup` of every supervisor and QEMU, the source's with them), and loss of `MemAvailable`,
        by the number of clones; the source has been idle for {s_settle.TotalSeconds:0} s before. MB are millions of bytes
        """;

    public async Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        HearthBinary hearth = context.Hearth;
        hearth.StartIdle(Source, "-m", "512M");
        await Task.Delay(s_settle, TimeProvider.System);
        double available = Available();
        int clones = Math.Min(context.Clones, (int)(available / Reserved));
        if (clones < context.Clones)
        {
            context.Say($"snapshots: memory for {clones} clones, not {context.Clones}");
        }

        double before = ProportionalShares(hearth);
        hearth.RunChecked("fork", Source, "-n", $"{clones}", "--name", NamePattern);
        await Task.Delay(s_idle, TimeProvider.System);
        double share = (ProportionalShares(hearth, clones + 1) - before) / clones;
        double lost = (available - Available()) / clones;
        context.Say($"snapshots: {clones} clones: {share:0.0} MB each by PSS, {lost:0.0} MB by MemAvailable");
        return new SectionResult(
            [
                Goal.AtMost($"memory of each of {clones} clones after {s_idle.TotalSeconds:0} s, by PSS", Bound, share, "MB"),
                Goal.AtMost($"memory of each of {clones} clones after {s_idle.TotalSeconds:0} s, by MemAvailable", Bound, lost, "MB"),
            ],
            [new($"each of {clones} clones: PSS, supervisor and QEMU", new Samples(share), "MB"), new($"each of {clones} clones: MemAvailable", new Samples(lost), "MB")]);
    }

    private static double ProportionalShares(HearthBinary hearth, int expected = 1)
    {
        VmModel[] running = [.. HearthHome.Open(hearth.Paths).Vms.List().Where(static vm => vm.State.Status == VmStatus.Running)];
        return running.Length == expected
            ? running.Sum(static vm => ProcFile.Field(Rollup(vm.State.Supervisor), "Pss:") + ProcFile.Field(Rollup(vm.State.Vmm), "Pss:"))
            : throw new BenchException($"{running.Length} VMs run, not {expected}.");
    }

    private static string Rollup(ProcessIdentity? process) =>
        process is { } identity ? string.Create(CultureInfo.InvariantCulture, $"/proc/{identity.Pid}/smaps_rollup") : throw new BenchException("A running VM's state names no process.");

    private static double Available() => ProcFile.Field("/proc/meminfo", "MemAvailable:");
}
