using System.Diagnostics;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>One copy of a running VM.</summary>
internal sealed class ForkPart : ISnapshotPart
{
    private const int Rounds = 40;

    /// <summary>Every fork lays a layer over its source's disk; a new source keeps the rounds alike.</summary>
    private const int RoundsOfSource = 10;

    private const double Bound = 1.3;
    private const string Source = "bench-source";
    private const string Point = "bench-point";
    private const string Copy = "bench-copy";

    public string Method => $"""
        fork: `hearth run -d --from SNAPSHOT`, of a snapshot made before, until the copy has answered; and `hearth fork VM`, the freeze of its source included, until the copy has.
        A new idle `@busybox` source after each {RoundsOfSource} rounds
        """;

    public async Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        Samples floors = new();
        Samples clones = new();
        Samples forks = new();
        for (int round = 0; round <= Rounds; round++)
        {
            if (round % RoundsOfSource == 0)
            {
                Renew(context.Hearth, isFirst: round == 0);
            }

            RestoreTimes bare = await BareRestore.MeasureAsync(floor);
            TimeSpan clone = ToAnswer(context.Hearth, "run", "-d", "--from", Point, "--name", Copy);
            TimeSpan fork = ToAnswer(context.Hearth, "fork", Source, "--name", Copy);
            if (round > 0)
            {
                floors.Add(bare.Output);
                clones.Add(clone);
                forks.Add(fork);
            }
        }

        context.Say($"snapshots: floor {floors.Median:0} ms, run --from {clones.Median:0} ms, fork {forks.Median:0} ms");
        return new SectionResult(
            [
                Goal.AtMost("`hearth run -d --from` to answered, p50, against the floor", Bound, clones.Median / floors.Median, "×"),
                Goal.AtMost("`hearth fork` to answered, p50, against the floor", Bound, forks.Median / floors.Median, "×"),
            ],
            [new("floor beside the forks", floors), new("`hearth run -d --from SNAPSHOT` + `hearth exec`", clones), new("`hearth fork VM` + `hearth exec`", forks)]);
    }

    private static void Renew(HearthBinary hearth, bool isFirst)
    {
        if (!isFirst)
        {
            hearth.Remove(Source);
            hearth.RemoveSnapshots();
        }

        hearth.StartIdle(Source);
        hearth.RunChecked("snapshot", "create", Source, Point);
    }

    /// <summary>Makes the copy with a command, asks it, and removes it.</summary>
    private static TimeSpan ToAnswer(HearthBinary hearth, params IReadOnlyList<string> command)
    {
        long began = Stopwatch.GetTimestamp();
        hearth.RunChecked(command);
        hearth.RunChecked("exec", Copy, "true");
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        hearth.Remove(Copy);
        return elapsed;
    }
}
