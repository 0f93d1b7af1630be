using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections;

/// <summary>Many cold boots on a machine that has too few cores for them: does every one come up?</summary>
internal sealed class SoakSection : ISection
{
    private const int AtOnce = 8;

    public string Name => "soak";

    public string Title => "Boots under load";

    public string Method => $"""
        Waves of {AtOnce} `hearth run --no-template --rm @busybox -- echo N` at once, each of which must exit with 0 and print its own number; the next wave starts when the last
        of one has ended. A run that has not ended after four minutes counts as hung. `./bench soak --boots 200` makes more of them.
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        int waves = (context.SoakBoots + AtOnce - 1) / AtOnce;
        Samples runs = new();
        List<double> good = [];
        int failed = 0;
        for (int wave = 0; wave < waves; wave++)
        {
            int first = wave * AtOnce;
            TimedRun?[] results = await Task.WhenAll(Enumerable.Range(first, AtOnce).Select(number => Task.Factory.StartNew(
                () => Boot(context, number), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            good.Add(results.Count(static run => run is not null));
            failed += results.Count(static run => run is null);
            foreach (TimedRun run in results.OfType<TimedRun>())
            {
                runs.Add(run.Elapsed);
            }

            context.Say($"soak {(wave + 1) * AtOnce}/{waves * AtOnce}: {failed} failed");
        }

        int boots = waves * AtOnce;
        return new SectionResult(
            [
                new Goal($"{AtOnce} cold runs at once on {Environment.ProcessorCount} cores", "all succeed", $"{good[0]:0} of {AtOnce}", good[0] == AtOnce),
                new Goal($"{boots} cold boots, {AtOnce} at a time", "none hangs or fails", $"{boots - failed} of {boots}", failed == 0),
            ],
            [new($"a run among {AtOnce}", runs)]);
    }

    /// <returns>Null when it failed; the reason was said.</returns>
    private static TimedRun? Boot(BenchContext context, int number)
    {
        try
        {
            TimedRun run = context.Hearth.RunChecked("run", "--no-template", "--rm", HearthBinary.Image, "--", "echo", $"{number}");
            return run.Output == $"{number}\n" ? run : throw new BenchException($"Run {number} printed '{run.Output}'.");
        }
        catch (BenchException e)
        {
            context.Say($"soak: {e.Message}");
            return null;
        }
    }
}
