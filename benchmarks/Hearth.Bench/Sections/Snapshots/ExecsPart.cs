using System.Diagnostics;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>Several commands at once in a copy that has just been restored.</summary>
internal sealed class ExecsPart : ISnapshotPart
{
    private const int Rounds = 10;
    private const int Execs = 10;
    private const double Bound = 3;
    private const string Source = "bench-source";
    private const string Point = "bench-point";
    private const string Copy = "bench-copy";

    public string Method => $"""
        execs: `hearth run -d --from SNAPSHOT`, then {Execs} `hearth exec VM true` started together as its first ones, until the slowest has ended; and the same with one, by turns
        """;

    public async Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        Samples alone = new();
        Samples slowest = new();
        context.Hearth.StartIdle(Source);
        context.Hearth.RunChecked("snapshot", "create", Source, Point);
        for (int round = 0; round <= Rounds; round++)
        {
            TimeSpan one = await MeasureAsync(context, 1);
            TimeSpan many = await MeasureAsync(context, Execs);
            if (round > 0)
            {
                alone.Add(one);
                slowest.Add(many);
            }
        }

        context.Say($"snapshots: an exec right after a restore {alone.Median:0} ms, the slowest of {Execs} {slowest.Median:0} ms");
        return new SectionResult(
            [Goal.AtMost($"the slowest of {Execs} `hearth exec` right after a restore, p50, against one", Bound, slowest.Median / alone.Median, "×")],
            [new("`hearth exec VM true`, the first after a restore", alone), new($"the slowest of {Execs} started together", slowest)]);
    }

    /// <returns>From before the first is started to the end of the last.</returns>
    private static async Task<TimeSpan> MeasureAsync(BenchContext context, int execs)
    {
        context.Hearth.RunChecked("run", "-d", "--from", Point, "--name", Copy);
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, execs).Select(_ => Task.Factory.StartNew(
            () => context.Hearth.RunChecked("exec", Copy, "true"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(began);
        context.Hearth.Remove(Copy);
        return elapsed;
    }
}
