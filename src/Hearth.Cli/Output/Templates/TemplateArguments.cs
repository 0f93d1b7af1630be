using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>The arguments of one call, read as what the function needs or refused with the call's column.</summary>
internal readonly struct TemplateArguments(string function, JsonNode?[] values, int column)
{
    public int Count => values.Length;

    public int Column => column;

    public JsonNode?[] All => values;

    public JsonNode? this[int at] => values[at];

    public string Text(int at) => TemplateValue.Kind(values[at]) switch
    {
        JsonValueKind.String => values[at]!.GetValue<string>(),
        JsonValueKind.Null => "",
        _ => throw Error($"argument {at + 1} must be a text, not {TemplateValue.TypeName(values[at])}"),
    };

    public int Integer(int at) => TemplateValue.TryInteger(values[at], out long integer) && integer is >= int.MinValue and <= int.MaxValue
        ? (int)integer
        : throw Error($"argument {at + 1} must be a whole number, not {TemplateValue.TypeName(values[at])}");

    /// <summary>A list; nothing counts as an empty one.</summary>
    public JsonArray List(int at) => TemplateValue.Kind(values[at]) switch
    {
        JsonValueKind.Array => values[at]!.AsArray(),
        JsonValueKind.Null => [],
        _ => throw Error($"argument {at + 1} must be a list, not {TemplateValue.TypeName(values[at])}"),
    };

    public TemplateException Error(string cause) => new(column, $"{function}: {cause}");
}
