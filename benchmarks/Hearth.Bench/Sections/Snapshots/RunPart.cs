using System.Diagnostics;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary><c>run</c> from a template.</summary>
internal sealed class RunPart : ISnapshotPart
{
    private const int Rounds = 20;
    private const int ColdRounds = 5;
    private const int Starts = 3;
    private const double FloorRatio = 1.5;
    private const double ColdRatio = 0.08;
    private const string VmName = "bench-stages";

    public string Method => $"""
        run: `hearth run --rm @busybox -- echo x` to the first byte of its output, with the template there; and the same with `--no-template`, in {ColdRounds} of the rounds.
        The stages are those of `state.json` of {Starts} restores in the background
        """;

    public async Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        Samples floors = new();
        Samples hellos = new();
        Samples runs = new();
        Samples colds = new();
        for (int round = 0; round <= Rounds; round++)
        {
            RestoreTimes bare = await BareRestore.MeasureAsync(floor);
            TimeSpan run = FirstByte(context.Hearth);
            if (round > 0)
            {
                floors.Add(bare.Output);
                hellos.Add(bare.Answer);
                runs.Add(run);
            }

            if (round is > 0 and <= ColdRounds)
            {
                colds.Add(FirstByte(context.Hearth, "--no-template"));
            }
        }

        context.Say($"snapshots: floor {floors.Median:0} ms, run {runs.Median:0} ms, without a template {colds.Median:0} ms");
        return new SectionResult(
            [
                Goal.AtMost("`hearth run @busybox -- echo x` from its template, to the first byte, against the floor of a restore", FloorRatio, runs.Median / floors.Median, "×"),
                Goal.AtMost("the same against `--no-template`", ColdRatio, runs.Median / colds.Median, "×"),
            ],
            [
                new("floor: bare QEMU restored, to the first byte of `echo x`", floors),
                new("on its way: to the agent's Hello", hellos),
                new("`hearth run --rm @busybox -- echo x`, to the first byte", runs),
                new("`hearth run --no-template --rm @busybox -- echo x`, to the first byte", colds),
                .. Stages(context.Hearth),
            ]);
    }

    internal static TimeSpan FirstByte(HearthBinary hearth, params IReadOnlyList<string> options)
    {
        long began = Stopwatch.GetTimestamp();
        using Process process = hearth.Start(["run", .. options, "--rm", HearthBinary.Image, "--", "echo", "x"]);
        int first = process.StandardOutput.BaseStream.ReadByte();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return first == 'x' && process.ExitCode == 0 ? elapsed : throw new BenchException($"'hearth run … echo x' gave {first} first and ended with exit code {process.ExitCode}.");
    }

    private static IEnumerable<Figure> Stages(HearthBinary hearth)
    {
        Dictionary<string, Samples> stages = [];
        for (int start = 0; start < Starts; start++)
        {
            foreach ((string name, double milliseconds) in hearth.StartIdle(VmName).State.StartStages)
            {
                stages.TryAdd(name, new Samples());
                stages[name].Add(milliseconds);
            }

            hearth.Remove(VmName);
        }

        return stages.Select(static stage => new Figure($"stage `{stage.Key}` of a restore", stage.Value));
    }
}
