using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections;

/// <summary>Commands that only look: the cost of starting the binary and of reading its store.</summary>
internal sealed class ListSection : ISection
{
    private const int Rounds = 20;
    private const int WarmUps = 3;
    private const int Vms = 50;

    public string Name => "list";

    public string Title => "Short commands";

    public string Method => $"""
        Wall time of the whole process, its start included, standard output read to the end. `ps` with {Vms} VMs made by `hearth create`; `ps -a`
        prints them all. By turns; three of each before, not counted. Beside them `/bin/true`: what starting any process from this program costs.
        """;

    public Task<SectionResult> RunAsync(BenchContext context)
    {
        HearthBinary hearth = context.Hearth;
        string[] names = [.. Enumerable.Range(1, Vms).Select(static n => $"bench-list-{n}")];
        foreach (string name in names)
        {
            hearth.RunChecked("create", "--name", name, HearthBinary.Image, "--", "true");
        }

        Samples nothing = new();
        Samples version = new();
        Samples running = new();
        Samples all = new();
        for (int round = -WarmUps; round < Rounds; round++)
        {
            TimedRun[] runs = [Child.RunChecked("/bin/true", []), hearth.RunChecked("version"), hearth.RunChecked("ps"), hearth.RunChecked("ps", "-a")];
            RequireAll(runs[^1].Output);
            if (round >= 0)
            {
                nothing.Add(runs[0].Elapsed);
                version.Add(runs[1].Elapsed);
                running.Add(runs[2].Elapsed);
                all.Add(runs[3].Elapsed);
            }
        }

        hearth.Remove(names);
        context.Say($"list: version {version.Median:0.0} ms, ps -a {all.Median:0.0} ms");
        return Task.FromResult(new SectionResult(
            [Goal.AtMost("`hearth version`", 20, version.Median, "ms"), Goal.AtMost($"`hearth ps -a` with {Vms} VMs", 60, all.Median, "ms")],
            [new("`/bin/true`", nothing), new("`hearth version`", version), new($"`hearth ps` with {Vms} VMs", running), new($"`hearth ps -a` with {Vms} VMs", all)]));
    }

    private static void RequireAll(string listing)
    {
        int lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        if (lines < Vms + 1)
        {
            throw new BenchException($"'hearth ps -a' printed {lines} lines for {Vms} VMs.");
        }
    }
}
