using System.Diagnostics;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary><c>rollback</c> and <c>resume</c>.</summary>
internal sealed class ReturnPart : ISnapshotPart
{
    private const int Rounds = 20;
    private const double Bound = 1.5;
    private const string VmName = "bench-return";
    private const string Point = "bench-point";

    public string Method => "rollback, resume: `hearth rollback VM SNAPSHOT` of a VM that runs, and `hearth resume VM` of one that was suspended (not timed), until it has answered";

    public async Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        HearthBinary hearth = context.Hearth;
        Samples floors = new();
        Samples rollbacks = new();
        Samples resumes = new();
        hearth.StartIdle(VmName);
        hearth.RunChecked("snapshot", "create", VmName, Point);
        for (int round = 0; round <= Rounds; round++)
        {
            RestoreTimes bare = await BareRestore.MeasureAsync(floor);
            TimeSpan rollback = ToAnswer(hearth, "rollback", VmName, Point);
            hearth.RunChecked("suspend", VmName);
            TimeSpan resume = ToAnswer(hearth, "resume", VmName);
            if (round > 0)
            {
                floors.Add(bare.Output);
                rollbacks.Add(rollback);
                resumes.Add(resume);
            }
        }

        context.Say($"snapshots: floor {floors.Median:0} ms, rollback {rollbacks.Median:0} ms, resume {resumes.Median:0} ms");
        return new SectionResult(
            [
                Goal.AtMost("`hearth rollback` to answered, against the floor", Bound, rollbacks.Median / floors.Median, "×"),
                Goal.AtMost("`hearth resume` to answered, against the floor", Bound, resumes.Median / floors.Median, "×"),
            ],
            [new("floor beside rollback and resume", floors), new("`hearth rollback VM SNAPSHOT` + `hearth exec`", rollbacks), new("`hearth resume VM` + `hearth exec`", resumes)]);
    }

    private static TimeSpan ToAnswer(HearthBinary hearth, params IReadOnlyList<string> command)
    {
        long began = Stopwatch.GetTimestamp();
        hearth.RunChecked(command);
        hearth.RunChecked("exec", VmName, "true");
        return Stopwatch.GetElapsedTime(began);
    }
}
