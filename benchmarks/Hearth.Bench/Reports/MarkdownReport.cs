using System.Globalization;
using System.Text;
using Hearth.Bench.Measurement;
using Hearth.Bench.Sections;

namespace Hearth.Bench.Reports;

/// <summary>The report as <c>docs/performance.md</c>.</summary>
internal static class MarkdownReport
{
    public static string Write(MachineDescription machine, IReadOnlyList<(ISection Section, SectionResult Result)> results, Notes notes, DateTimeOffset when)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Performance

            Written by `./bench` on {when:yyyy-MM-dd}; every value is of that one run. To repeat it: `./bench` (about fifteen minutes on two cores; nothing else should run), or
            `./bench SECTION…` for some of it (`./bench --help` lists them). Ratios compare medians of a subject and of its floor,
            measured by turns in the same run. The explanations under a section's figures come from `benchmarks/notes.md`.

            ## Machine

            | | |
            | --- | --- |

            """);
        foreach ((string name, string value) in machine.Facts)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {value} |\n");
        }

        text.Append("\n## Goals\n\n| goal | bound | measured | met |\n| --- | --- | --- | --- |\n");
        foreach (Goal goal in results.SelectMany(static r => r.Result.Goals))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {goal.Name} | {goal.Target} | {goal.Measured} | {(goal.IsMet ? "yes" : "**no**")} |\n");
        }

        foreach ((ISection section, SectionResult result) in results)
        {
            AppendSection(text, section, result, notes);
        }

        return text.ToString();
    }

    private static void AppendSection(StringBuilder text, ISection section, SectionResult result, Notes notes)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {section.Title}\n\n{section.Method.Trim()}\n\n| figure | unit | median | p99 | min | max | n |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (Figure figure in result.Figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {figure.Name} | {figure.Unit} | {string.Join(" | ", Cells(figure.Samples))} |\n");
        }

        if (notes.For(section.Name) is { Length: > 0 } note)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        }
    }

    public static IEnumerable<string> Cells(Samples samples) =>
        [Numbers.Format(samples.Median), Numbers.Format(samples.Percentile(99)), Numbers.Format(samples.Minimum), Numbers.Format(samples.Maximum), $"{samples.Count}"];
}
