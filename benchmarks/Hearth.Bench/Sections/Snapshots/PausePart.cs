using System.Globalization;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections.Snapshots;

/// <summary>How long a VM stands still for a snapshot.</summary>
internal sealed class PausePart : ISnapshotPart
{
    private const int SmallRounds = 30;
    private const int LargeRounds = 10;
    private const double SmallMegabytes = 7;
    private const double LargeMegabytes = 100;
    private const double MedianBound = 15;
    private const double HighBound = 50;
    private const double SizeRatio = 1.2;
    private const string Point = "bench-point";

    public string Method => $$$"""
        pause: as `hearth snapshot create --format '{{.PauseMs}} {{.MemoryBytes}}'` tells it, of a VM of 512 MiB and one of 4 GiB by turns, after the guest has written zeros to a file
        in `/dev/shm` until what a snapshot saves of its memory is about {{{SmallMegabytes}}} MB, and {{{LargeMegabytes}}} MB (that it holds more at rest is in the rows of memory saved).
        {{{SmallRounds}}} and {{{LargeRounds}}} snapshots, each removed before the next
        """;

    public Task<SectionResult> RunAsync(BenchContext context, MachineTemplate floor)
    {
        Machine small = new(context.Hearth, "bench-512m", "512M");
        Machine large = new(context.Hearth, "bench-4g", "4G");
        Taken[] few = Measure(small, large, SmallMegabytes, SmallRounds);
        Taken[] many = Measure(small, large, LargeMegabytes, LargeRounds);
        context.Say($"snapshots: pause {few[0].Pause.Median:0.0} ms at 512 MiB, {few[1].Pause.Median:0.0} ms at 4 GiB; {many[0].Pause.Median:0.0} ms with {LargeMegabytes} MB");
        return Task.FromResult(new SectionResult(
            [
                Goal.AtMost($"pause for a snapshot, 512 MiB, {SmallMegabytes} MB written, p50", MedianBound, few[0].Pause.Median, "ms"),
                Goal.AtMost($"pause for a snapshot, 512 MiB, {SmallMegabytes} MB written, p99", HighBound, few[0].Pause.Percentile(99), "ms"),
                Goal.AtMost($"pause for a snapshot, {SmallMegabytes} MB written, 4 GiB against 512 MiB, p50", SizeRatio, few[1].Pause.Median / few[0].Pause.Median, "×"),
            ],
            [.. Rows(SmallMegabytes, few), .. Rows(LargeMegabytes, many)]));
    }

    private static Taken[] Measure(Machine small, Machine large, double megabytes, int rounds)
    {
        Taken[] taken = [new("512 MiB", new Samples(), new Samples()), new("4 GiB", new Samples(), new Samples())];
        small.WriteUpTo(megabytes);
        large.WriteUpTo(megabytes);
        for (int round = 0; round <= rounds; round++)
        {
            (double Pause, double Memory)[] both = [small.Snapshot(), large.Snapshot()];
            for (int i = 0; round > 0 && i < both.Length; i++)
            {
                taken[i].Pause.Add(both[i].Pause);
                taken[i].Memory.Add(both[i].Memory);
            }
        }

        return taken;
    }

    private static IEnumerable<Figure> Rows(double megabytes, Taken[] taken) => taken.SelectMany(one => (Figure[])
    [
        new($"pause for a snapshot: {one.Size}, {megabytes} MB written", one.Pause),
        new($"memory saved in it: {one.Size}, {megabytes} MB written", one.Memory, "MB"),
    ]);

    private sealed record Taken(string Size, Samples Pause, Samples Memory);

    private sealed class Machine
    {
        private readonly HearthBinary _hearth;
        private readonly string _name;
        private int _files;

        public Machine(HearthBinary hearth, string name, string memory)
        {
            _hearth = hearth;
            _name = name;
            hearth.StartIdle(name, "-m", memory, "--shm-size", "256M");
        }

        /// <summary>Takes a snapshot and removes it.</summary>
        /// <returns>Milliseconds of pause, and MB of memory saved.</returns>
        public (double Pause, double Memory) Snapshot()
        {
            string[] words = _hearth.RunChecked("snapshot", "create", "--format", "{{.PauseMs}} {{.MemoryBytes}}", _name, Point).Output.Split();
            _hearth.RunChecked("snapshot", "rm", Point);
            return (double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture) / 1e6);
        }

        public void WriteUpTo(double megabytes)
        {
            int kilobytes = (int)((megabytes - Snapshot().Memory) * 1000);
            if (kilobytes > 0)
            {
                _hearth.RunChecked("exec", _name, "dd", "if=/dev/zero", $"of=/dev/shm/{_files++}", "bs=1000", $"count={kilobytes}", "status=none");
            }
        }
    }
}
