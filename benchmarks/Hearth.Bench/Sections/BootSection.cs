using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Bench.Sections;

/// <summary>A <c>hearth run</c> that boots beside a bare QEMU.</summary>
internal sealed class BootSection : ISection
{
    private const int Rounds = 10;
    private const double BoundRatio = 1.25;
    private const int BackgroundStarts = 3;
    private const string VmName = "bench-boot";

    public string Name => "boot";

    public string Title => "Cold boot";

    public string Method => """
        Floor: `qemu-system-x86_64` started directly with the command line of a running VM (read from its `/proc/PID/cmdline`; files in place of
        descriptors, no monitor), same kernel, initramfs and disks, from before the process starts until the agent's first event has arrived.
        Subject: `hearth run --no-template --rm @busybox -- true`, which boots too, image present, from before the client starts until it has exited with 0.
        One floor and one subject by turns; one of each before, not counted. The stages are those of a VM's `state.json`: milliseconds of
        each step of three more starts, in the background; `guest.…` is the guest's uptime at the end of a step of its own.
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        Dictionary<string, Samples> stages = [];
        MachineTemplate template = StartInBackground(context, stages);
        Samples floors = new();
        Samples runs = new();
        for (int round = 0; round <= Rounds; round++)
        {
            TimeSpan floor = await BareBoot.MeasureAsync(template);
            TimeSpan run = context.Hearth.RunChecked("run", "--no-template", "--rm", HearthBinary.Image, "--", "true").Elapsed;
            if (round > 0)
            {
                floors.Add(floor);
                runs.Add(run);
                context.Say($"boot {round}/{Rounds}: floor {floor.TotalMilliseconds:0} ms, run {run.TotalMilliseconds:0} ms");
            }
        }

        double ratio = runs.Median / floors.Median;
        Figure[] figures =
        [
            new("floor: bare QEMU to the agent's first event", floors),
            new("`hearth run --no-template --rm @busybox -- true`", runs),
            .. stages.Select(static stage => new Figure($"stage `{stage.Key}`", stage.Value)),
        ];
        return new SectionResult([Goal.AtMost("`hearth run --no-template @busybox -- true`, cold, against the floor", BoundRatio, ratio, "×")], figures);
    }

    /// <summary>Fills the caches, and keeps what the starts say of themselves.</summary>
    private static MachineTemplate StartInBackground(BenchContext context, Dictionary<string, Samples> stages)
    {
        MachineTemplate? template = null;
        for (int start = 0; start < BackgroundStarts; start++)
        {
            VmModel vm = context.Hearth.StartBooted(VmName);
            AddStages(stages, vm.State);
            template = MachineTemplate.Read(vm, Disks.Unused(context.Paths));
            context.Hearth.Remove(VmName);
        }

        return template!;
    }

    private static void AddStages(Dictionary<string, Samples> stages, VmState state)
    {
        foreach ((string name, double milliseconds) in state.StartStages)
        {
            if (!stages.TryGetValue(name, out Samples? samples))
            {
                stages[name] = samples = new Samples();
            }

            samples.Add(milliseconds);
        }
    }
}
