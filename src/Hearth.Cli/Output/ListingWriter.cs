using System.Text.Json.Nodes;
using Hearth.Cli.Output.Templates;

namespace Hearth.Cli.Output;

/// <summary>
/// Prints a listing as <c>--format</c> says: <c>table</c> (the default), <c>json</c> (one object a line), a template (one
/// line a row), or <c>table TEMPLATE</c>, whose tabs part columns and whose headings are the template applied to the columns'
/// names.
/// </summary>
internal sealed class ListingWriter
{
    private readonly IReadOnlyList<Column> _columns;
    private readonly bool _isDefault;
    private readonly bool _isTable;
    private readonly bool _isJson;
    private readonly GoTemplate? _template;

    /// <exception cref="TemplateException">The format is not one.</exception>
    public ListingWriter(IReadOnlyList<Column> columns, string? format)
    {
        _columns = columns;
        string text = (format ?? "").Trim(' ');
        _isDefault = text is "" or "table";
        _isJson = text == "json";
        _isTable = _isDefault || text.StartsWith("table ", StringComparison.Ordinal);
        if (!_isDefault && !_isJson)
        {
            // Blanks in place of the word keep the columns of error messages true.
            _template = GoTemplate.Parse(_isTable ? "      " + text["table ".Length..] : text);
        }
    }

    /// <summary>Prints the rows; with <paramref name="quiet"/> their ids alone, unless a template asks for something else.</summary>
    public void Write(TextWriter writer, IEnumerable<ListingRow> rows, bool quiet = false)
    {
        if (quiet && _isDefault)
        {
            foreach (ListingRow row in rows)
            {
                writer.WriteLine(row.Quiet);
            }
        }
        else if (_isTable)
        {
            WriteTable(writer, rows);
        }
        else
        {
            foreach (ListingRow row in rows)
            {
                writer.WriteLine(_isJson ? TemplateValue.Json(row.Fields) : _template!.Render(row.Fields, row.Label));
            }
        }
    }

    private void WriteTable(TextWriter writer, IEnumerable<ListingRow> rows)
    {
        List<IReadOnlyList<string>> lines = [];
        if (_template is null)
        {
            Column[] shown = [.. _columns.Where(static column => column.InTable)];
            lines.Add([.. shown.Select(static column => column.Header)]);
            lines.AddRange(rows.Select(row => (IReadOnlyList<string>)[.. shown.Select(column => TemplateValue.Print(row.Fields[column.Name]))]));
        }
        else
        {
            JsonObject headers = [];
            foreach (Column column in _columns)
            {
                headers[column.Name] = JsonValue.Create(column.Header);
            }

            lines.Add(Cells(_template.Render(headers, static key => key)));
            lines.AddRange(rows.Select(row => Cells(_template.Render(row.Fields, row.Label))));
        }

        Table.Write(writer, lines);
    }

    private static string[] Cells(string line) => line.TrimStart(' ').Split('\t');
}
