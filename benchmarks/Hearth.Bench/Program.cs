using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Bench.Reports;
using Hearth.Bench.Sections;
using Hearth.Core.Errors;
using Hearth.Core.Storage;

namespace Hearth.Bench;

/// <summary>Measures the published binary and holds it against its goals.</summary>
internal static class Program
{
    private const string Usage = """
        Usage: ./bench [SECTION…] [--boots N] [--clones N] [--output FILE]
          SECTION      boot exec snapshots stream build list memory network soak; all without a word
          --boots N    boots of the soak (40)
          --clones N   clones of one VM that snapshots weighs (50; fewer where memory is short)
          --output F   where the report goes; docs/performance.md when all sections run, nowhere otherwise
          HEARTH_BIN   the binary to measure; built from this tree without
        """;

    private static readonly ISection[] s_sections =
        [new BootSection(), new ListSection(), new ExecSection(), new SnapshotsSection(), new MemorySection(), new NetworkSection(), new StreamSection(), new BuildSection(), new SoakSection()];

    public static async Task<int> Main(string[] arguments)
    {
        try
        {
            BenchOptions options = BenchOptions.Parse(arguments, [.. s_sections.Select(static section => section.Name)]);
            if (options.ShowHelp)
            {
                Console.WriteLine(Usage);
                return 0;
            }

            return await MeasureAsync(options) ? 0 : 1;
        }
        catch (Exception e) when (IsExpected(e))
        {
            await Console.Error.WriteLineAsync($"bench: error: {e.Message}");
            return ExitCodes.HearthFailed;
        }
    }

    /// <returns>Whether every section came to its end; goals that are not met are results, not errors.</returns>
    private static async Task<bool> MeasureAsync(BenchOptions options)
    {
        string load = MachineDescription.LoadAverage();
        string root = Required("HEARTH_BENCH_ROOT");
        string work = Path.Combine(Required("HEARTH_BENCH_ARTIFACTS"), "bench-home");
        Directory.CreateDirectory(work);
        HearthBinary hearth = new(Path.GetFullPath(Required("HEARTH_BIN")), new HearthPaths(Path.Combine(work, "home")));
        BenchContext context = new(hearth, work, options.SoakBoots, options.Clones, Say);
        Say("preparing: the image, the kernel and the template");
        hearth.RemoveAll();
        hearth.RemoveSnapshots();
        hearth.RunChecked("run", "--rm", HearthBinary.Image, "--", "true");

        List<(ISection Section, SectionResult Result)> results = [];
        foreach (ISection section in s_sections.Where(section => options.Sections.Count == 0 || options.Sections.Contains(section.Name)))
        {
            Say($"{section.Name}: {section.Title}");
            hearth.RemoveAll();
            results.Add((section, await RunAsync(section, context)));
        }

        ConsoleReport.Write(Console.Out, results);
        string? output = options.Output ?? (options.Sections.Count == 0 ? Path.Combine(root, "docs", "performance.md") : null);
        if (output is not null)
        {
            Notes notes = Notes.Read(Path.Combine(root, "benchmarks", "notes.md"));
            await File.WriteAllTextAsync(output, MarkdownReport.Write(MachineDescription.Read(hearth, load), results, notes, TimeProvider.System.GetUtcNow()));
            Say($"wrote {output}");
        }

        return results.TrueForAll(static result => result.Result.Figures.Count > 0);
    }

    /// <summary>A section that fails is an unmet goal with its reason; the others are measured all the same.</summary>
    private static async Task<SectionResult> RunAsync(ISection section, BenchContext context)
    {
        try
        {
            return await section.RunAsync(context);
        }
        catch (Exception e) when (IsExpected(e))
        {
            Say($"{section.Name}: error: {e.Message}");
            return new SectionResult([new Goal($"{section.Title}: measured", "to the end", e.Message, false)], []);
        }
    }

    private static bool IsExpected(Exception e) => e is BenchException or HearthException or IOException or InvalidDataException
        or UnauthorizedAccessException or TimeoutException or OperationCanceledException or System.ComponentModel.Win32Exception;

    private static string Required(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
        ? value
        : throw new BenchException($"{variable} is not set: start this program through ./bench.");

    private static void Say(string line) => Console.Error.WriteLine($"bench: {line}");
}
