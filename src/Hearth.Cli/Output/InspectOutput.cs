using System.Text.Json.Nodes;
using Hearth.Cli.Output.Templates;

namespace Hearth.Cli.Output;

/// <summary>Prints objects whole: an indented JSON array, or a line of a template for each.</summary>
internal sealed class InspectOutput
{
    private readonly bool _isJson;
    private readonly GoTemplate? _template;

    /// <exception cref="TemplateException">The format is not one.</exception>
    public InspectOutput(string? format)
    {
        _isJson = format == "json";
        _template = string.IsNullOrEmpty(format) || _isJson ? null : GoTemplate.Parse(format);
    }

    public void Write(TextWriter writer, IReadOnlyList<JsonObject> objects)
    {
        if (_template is not null)
        {
            foreach (JsonObject one in objects)
            {
                writer.WriteLine(_template.Render(one));
            }

            return;
        }

        // Not a collection expression: that calls the generic Add, which needs code at run time.
        JsonArray all = new([.. objects.Cast<JsonNode>()]);
        writer.WriteLine(TemplateValue.Json(all, indented: !_isJson));
    }
}
