namespace Hearth.Bench.Reports;

/// <summary>What people wrote on the figures of each section: a Markdown file with a second-level heading per section.</summary>
internal sealed class Notes
{
    private const string Heading = "## ";
    private readonly Dictionary<string, string> _texts = [];

    public static Notes Read(string path)
    {
        Notes notes = new();
        if (File.Exists(path))
        {
            foreach (string part in $"\n{File.ReadAllText(path)}".Split($"\n{Heading}").Skip(1))
            {
                string[] lines = part.Split('\n', 2);
                notes._texts[lines[0].Trim()] = lines.Length > 1 ? lines[1].Trim() : "";
            }
        }

        return notes;
    }

    /// <summary>The section's text; empty when there is none.</summary>
    public string For(string section) => _texts.GetValueOrDefault(section, "");
}
