using System.Collections.Concurrent;
using System.Diagnostics;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Engine.Events;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>Many copies of a VM at once.</summary>
internal sealed class CrowdPart : ISnapshotPart
{
    private const int Rounds = 3;
    private const int Copies = 20;
    private const double Bound = 1.3;
    private const string Source = "bench-source";
    private const string NamePattern = "bench-copy-{n}";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(4);

    public string Method => $"""
        {Copies} at once: `hearth fork VM -n {Copies}`, with a `hearth exec` to each copy as soon as its event `restore` is in the log of events, until the last has answered;
        and {Copies} bare restores started together, until the last has given its first byte
        """;

    public async Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        Samples floors = new();
        Samples hellos = new();
        Samples forks = new();
        Samples answers = new();
        context.Hearth.StartIdle(Source);
        for (int round = 0; round <= Rounds; round++)
        {
            RestoreTimes bare = await BareRestore.MeasureAsync(floor, Copies);
            (TimeSpan all, IReadOnlyList<TimeSpan> each) = await ForkAsync(context);
            if (round > 0)
            {
                floors.Add(bare.Output);
                hellos.Add(bare.Answer);
                forks.Add(all);
                each.ToList().ForEach(answers.Add);
                context.Say($"snapshots {round}/{Rounds}: {Copies} at once: bare {bare.Output.TotalMilliseconds:0} ms, fork {all.TotalMilliseconds:0} ms");
            }
        }

        return new SectionResult(
            [Goal.AtMost($"`hearth fork -n {Copies}` to the last answered, against {Copies} bare restores at once", Bound, forks.Median / floors.Median, "×")],
            [new($"floor: {Copies} bare restores at once, to the last first byte", floors), new("on their way: to the last Hello", hellos), new($"`hearth fork VM -n {Copies}`, to the last answered", forks), new($"a copy's answer among the {Copies}", answers)]);
    }

    /// <returns>From before the client's start: the last answer, and every answer.</returns>
    private static async Task<(TimeSpan All, IReadOnlyList<TimeSpan> Each)> ForkAsync(BenchContext context)
    {
        using CancellationTokenSource end = new(s_limit);
        ConcurrentBag<TimeSpan> answers = [];
        List<Task> asking = [];
        long began = 0;
        Task watching = new EventLog(context.Paths).FollowAsync(null, null, TimeProvider.System, happened =>
        {
            if (happened.Action == "restore")
            {
                asking.Add(Task.Factory.StartNew(() => Ask(happened.Id), end.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default));
                if (asking.Count == Copies)
                {
                    end.Cancel();
                }
            }

            return ValueTask.CompletedTask;
        }, end.Token);
        began = Stopwatch.GetTimestamp();
        TimedRun fork = await Task.Factory.StartNew(
            () => context.Hearth.RunChecked("fork", Source, "-n", $"{Copies}", "--name", NamePattern), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await WaitForEndAsync(watching);
        await Task.WhenAll(asking);
        context.Hearth.Remove(fork.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return answers.Count == Copies ? (answers.Max(), [.. answers]) : throw new BenchException($"{answers.Count} of {Copies} copies answered.");

        void Ask(string id)
        {
            context.Hearth.RunChecked("exec", id, "true");
            answers.Add(Stopwatch.GetElapsedTime(began));
        }
    }

    private static async Task WaitForEndAsync(Task watching)
    {
        try
        {
            await watching;
        }
        catch (OperationCanceledException)
        {
            // All were there, or the limit is over: the number of answers tells.
        }
    }
}
