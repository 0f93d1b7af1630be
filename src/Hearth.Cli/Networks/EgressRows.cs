using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hearth.Cli.Output;
using Hearth.Cli.Output.Templates;
using Hearth.Networking.Egress;

namespace Hearth.Cli.Networks;

/// <summary>Decisions as lines.</summary>
internal static class EgressRows
{
    /// <exception cref="TemplateException">The format is not one.</exception>
    public static Func<EgressLogEntry, string> Formatter(string? format)
    {
        if (string.IsNullOrEmpty(format))
        {
            return Line;
        }

        if (format == "json")
        {
            return static entry => JsonSerializer.Serialize(entry, EgressJson.Default.EgressLogEntry);
        }

        // A stream has no last row to measure: its table is tab-separated.
        bool isTable = format == "table" || format.StartsWith("table ", StringComparison.Ordinal);
        string text = format == "table" ? "table {{.Time}}\\t{{.Decision}}\\t{{.Protocol}}\\t{{.Destination}}\\t{{.Name}}\\t{{.Rule}}\\t{{.Count}}" : format;
        GoTemplate template = GoTemplate.Parse(isTable ? text["table ".Length..] : text);
        return entry => template.Render(Fields(entry), static _ => "");
    }

    /// <summary><c>2026-01-02T03:04:05.678Z deny  tcp 203.0.113.9:22 example.com (--egress list) x3</c>.</summary>
    private static string Line(EgressLogEntry entry)
    {
        string[] what = [.. ((string?[])[entry.Destination, entry.Name]).OfType<string>()];
        string count = entry.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" x{entry.Count}");
        return Table.Printable($"{Time(entry)} {entry.Decision,-5} {entry.Protocol,-3} {string.Join(' ', what)} ({entry.Rule}){count}");
    }

    private static string Time(EgressLogEntry entry) => entry.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JsonObject Fields(EgressLogEntry entry) => new()
    {
        ["Time"] = Time(entry),
        ["Decision"] = entry.Decision,
        ["Protocol"] = entry.Protocol,
        ["Destination"] = entry.Destination ?? "",
        ["Name"] = Table.Printable(entry.Name ?? ""),
        ["Rule"] = entry.Rule,
        ["Count"] = entry.Count,
    };
}
