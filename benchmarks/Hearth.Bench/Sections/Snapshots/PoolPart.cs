using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary><c>run</c> from a warm pool.</summary>
internal sealed class PoolPart : ISnapshotPart
{
    private const int Rounds = 20;
    private const double BoundMilliseconds = 25;

    public string Method => "pool: `hearth pool set @busybox -n 1` until it stands ready (not timed), then `hearth run --rm @busybox -- echo x` to the first byte of its output";

    public Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        HearthBinary hearth = context.Hearth;
        Samples runs = new();
        try
        {
            for (int round = 0; round <= Rounds; round++)
            {
                hearth.RunChecked("pool", "set", HearthBinary.Image, "-n", "1");
                TimeSpan run = RunPart.FirstByte(hearth);

                // Ended before its replacement stands ready, so that no VM is made ready while the next is timed.
                hearth.RunChecked("pool", "set", HearthBinary.Image, "-n", "0");
                if (round > 0)
                {
                    runs.Add(run);
                }
            }
        }
        finally
        {
            hearth.RunChecked("pool", "set", HearthBinary.Image, "-n", "0");
        }

        context.Say($"snapshots: run from the pool {runs.Median:0} ms");
        return Task.FromResult(new SectionResult(
            [Goal.AtMost("`hearth run @busybox -- echo x` from a warm pool, to the first byte", BoundMilliseconds, runs.Median, "ms")],
            [new("`hearth run --rm @busybox -- echo x` from a warm pool, to the first byte", runs)]));
    }
}
