using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Sections.Snapshots;
using Hearth.Core.Errors;
using Hearth.Engine.Store;
using Hearth.Engine.Templates;

namespace Hearth.Bench.Sections;

/// <summary>Templates, snapshots, clones: whatever goes on from a frozen guest, beside a bare QEMU that does.</summary>
internal sealed class SnapshotsSection : ISection
{
    private const string VmName = "bench-restored";

    private static readonly ISnapshotPart[] s_parts =
    [
        new RunPart(), new PoolPart(), new ForkPart(), new CrowdPart(), new PausePart(), new ReturnPart(), new ExecsPart(), new DiskPart(), new ClonesPart(),
    ];

    public string Name => "snapshots";

    public string Title => "Snapshots and clones";

    public string Method => $"""
        Floor: `qemu-system-x86_64` started directly by this program with the command line of a VM that was restored from its template (read from `/proc/PID/cmdline`;
        files in place of descriptors; no setpriv, cgroup or supervisor), the template's memory mapped privately, its device state loaded by QMP
        (`getfd`, `migrate-incoming`, `cont`), its agent asked to run `echo x` in a container; from before the process starts to the first byte of that. So it ends where the
        subjects end; the time to the agent's Hello, with which a restore alone is over, has rows of its own. Floor and subjects by turns, one of each before, not counted,
        and every VM removed before the next. Every subject is timed from before its client starts; "answered" is the end of a `hearth exec VM true`.

        {string.Join('\n', s_parts.Select(static part => $"- {part.Method.ReplaceLineEndings(" ")}"))}
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        MachineTemplate floor = ReadFloor(context);
        List<Goal> goals = [];
        List<Figure> figures = [];
        foreach (ISnapshotPart part in s_parts)
        {
            SectionResult result = await RunAsync(part, context, floor);
            goals.AddRange(result.Goals);
            figures.AddRange(result.Figures);
        }

        return new SectionResult(goals, figures);
    }

    /// <summary>A part that fails is an unmet goal with its reason; the others are measured all the same.</summary>
    private static async Task<SectionResult> RunAsync(ISnapshotPart part, BenchContext context, MachineTemplate floor)
    {
        try
        {
            return await part.RunAsync(context, floor);
        }
        catch (Exception e) when (e is BenchException or HearthException or IOException or TimeoutException)
        {
            context.Say($"snapshots: error: {e.Message}");
            return new SectionResult([new Goal($"{part.Method[..part.Method.IndexOf(':', StringComparison.Ordinal)]}: measured", "to the end", e.Message, false)], []);
        }
        finally
        {
            context.Hearth.RemoveAll();
            context.Hearth.RemoveSnapshots();
        }
    }

    private static MachineTemplate ReadFloor(BenchContext context)
    {
        VmModel vm = context.Hearth.StartIdle(VmName);
        MachineTemplate floor = new TemplateStore(context.Paths).List() is [TemplateEntry lastUsed, ..]
            ? MachineTemplate.ReadRestored(vm, lastUsed.State)
            : throw new BenchException("'hearth run' made no template: there is no floor of a restore.");
        context.Hearth.Remove(VmName);
        return floor;
    }
}
