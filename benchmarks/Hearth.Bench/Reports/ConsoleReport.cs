using Hearth.Bench.Sections;

namespace Hearth.Bench.Reports;

/// <summary>The report as tables of plain text.</summary>
internal static class ConsoleReport
{
    public static void Write(TextWriter output, IReadOnlyList<(ISection Section, SectionResult Result)> results)
    {
        foreach ((ISection section, SectionResult result) in results)
        {
            output.WriteLine();
            string[][] rows = [[section.Title, "unit", "median", "p99", "min", "max", "n"], .. result.Figures.Select(static f => (string[])[Plain(f.Name), f.Unit, .. MarkdownReport.Cells(f.Samples)])];
            WriteTable(output, rows, numbersFrom: 2);
        }

        output.WriteLine();
        string[][] goals = [["Goal", "bound", "measured", "met"], .. results.SelectMany(static r => r.Result.Goals).Select(static g => (string[])[Plain(g.Name), g.Target, g.Measured, g.IsMet ? "yes" : "NO"])];
        WriteTable(output, goals, numbersFrom: int.MaxValue);
    }

    private static string Plain(string markdown) => markdown.Replace("`", "", StringComparison.Ordinal);

    private static void WriteTable(TextWriter output, string[][] rows, int numbersFrom)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) => column < numbersFrom ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            output.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
