using System.Text;

namespace Hearth.Cli.Output;

/// <summary>
/// Columns padded with spaces, without borders, as Docker prints them: a column is as wide as its widest cell and three
/// spaces, at least ten in all; the last one is not padded.
/// </summary>
internal static class Table
{
    private const int Gap = 3;
    private const int LeastWidth = 10;

    public static void Write(TextWriter writer, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        string[][] cells = [.. rows.Select(static row => row.Select(Printable).ToArray())];
        int columns = cells.Length == 0 ? 0 : cells.Max(static row => row.Length);
        int[] widths = [.. Enumerable.Range(0, columns).Select(c => Math.Max(LeastWidth, cells.Max(row => c < row.Length - 1 ? Width(row[c]) + Gap : 0)))];
        StringBuilder line = new();
        foreach (string[] row in cells)
        {
            line.Clear();
            for (int c = 0; c < row.Length; c++)
            {
                line.Append(row[c]).Append(' ', c == row.Length - 1 ? 0 : widths[c] - Width(row[c]));
            }

            writer.WriteLine(line);
        }
    }

    /// <summary>Labels and command lines come from strangers: control characters must not reach a terminal.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        return string.Concat(text.Select(static c => char.IsControl(c) ? c is '\n' or '\t' or '\r' ? ' ' : '\uFFFD' : c));
    }

    private static int Width(string text) => text.EnumerateRunes().Count();
}
