using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>
/// The functions of Go's text/template and those that Docker adds. <c>and</c> and <c>or</c> are not here but for their
/// names: they evaluate no more arguments than they need, so the evaluator does them.
/// </summary>
internal static class TemplateFunctions
{
    private const int AnyNumber = int.MaxValue;

    /// <summary>Most characters that <c>pad</c> and printf's widths may add.</summary>
    public const int MaxWidth = 1000;

    private static readonly Dictionary<string, (int Least, int Most, Func<TemplateArguments, JsonNode?> Apply)> s_functions = new()
    {
        ["and"] = (1, AnyNumber, static _ => null),
        ["or"] = (1, AnyNumber, static _ => null),
        ["not"] = (1, 1, static a => JsonValue.Create(!TemplateValue.IsTrue(a[0]))),
        ["eq"] = (2, AnyNumber, static a => JsonValue.Create(EqualsAny(a))),
        ["ne"] = (2, 2, static a => JsonValue.Create(!EqualsAny(a))),
        ["lt"] = (2, 2, static a => JsonValue.Create(Order(a) < 0)),
        ["le"] = (2, 2, static a => JsonValue.Create(Order(a) <= 0)),
        ["gt"] = (2, 2, static a => JsonValue.Create(Order(a) > 0)),
        ["ge"] = (2, 2, static a => JsonValue.Create(Order(a) >= 0)),
        ["json"] = (1, 1, static a => JsonValue.Create(TemplateValue.Json(a[0]))),
        ["upper"] = (1, 1, static a => JsonValue.Create(a.Text(0).ToUpperInvariant())),
        ["lower"] = (1, 1, static a => JsonValue.Create(a.Text(0).ToLowerInvariant())),
        ["title"] = (1, 1, static a => JsonValue.Create(Title(a.Text(0)))),
        ["join"] = (2, 2, static a => JsonValue.Create(string.Join(a.Text(1), a.List(0).Select(TemplateValue.Print)))),
        ["split"] = (2, 2, Split),
        ["pad"] = (3, 3, Pad),
        ["truncate"] = (2, 2, static a => JsonValue.Create(Truncate(a.Text(0), a.Integer(1)))),
        ["print"] = (0, AnyNumber, static a => JsonValue.Create(TemplatePrint.Print(a.All))),
        ["println"] = (0, AnyNumber, static a => JsonValue.Create(string.Join(' ', a.All.Select(TemplateValue.Print)) + "\n")),
        ["printf"] = (1, AnyNumber, static a => JsonValue.Create(TemplatePrint.Format(a.Text(0), a.All[1..], a.Column))),
        ["len"] = (1, 1, static a => JsonValue.Create(Length(a))),
        ["index"] = (1, AnyNumber, Index),
        ["slice"] = (1, 3, Slice),
    };

    public static string Names => string.Join(", ", s_functions.Keys.Order(StringComparer.Ordinal));

    public static bool Exists(string name) => s_functions.ContainsKey(name);

    /// <exception cref="TemplateException">The arguments do not fit.</exception>
    public static JsonNode? Call(string name, JsonNode?[] values, int column)
    {
        (int least, int most, Func<TemplateArguments, JsonNode?> apply) = s_functions[name];
        if (values.Length < least || values.Length > most)
        {
            string wanted = least == most ? $"{least}" : most == AnyNumber ? $"at least {least}" : $"{least} to {most}";
            throw new TemplateException(column, $"'{name}' takes {wanted} arguments and was given {values.Length}");
        }

        return apply(new TemplateArguments(name, values, column));
    }

    private static bool EqualsAny(TemplateArguments a) =>
        a.All[1..].Any(other => TemplateValue.AreEqual(a[0], other)
            ?? throw a.Error($"cannot compare {TemplateValue.TypeName(a[0])} with {TemplateValue.TypeName(other)}"));

    private static int Order(TemplateArguments a) =>
        TemplateValue.Order(a[0], a[1]) ?? throw a.Error($"cannot order {TemplateValue.TypeName(a[0])} and {TemplateValue.TypeName(a[1])}");

    private static string Title(string text) => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(text);

    private static string Truncate(string text, int length) => length >= 0 && length < text.Length ? text[..length] : text;

    private static JsonArray Split(TemplateArguments a)
    {
        JsonArray parts = [];
        string separator = a.Text(1);
        IEnumerable<string> pieces = separator.Length == 0 ? a.Text(0).Select(static c => c.ToString()) : a.Text(0).Split(separator);
        foreach (string piece in pieces)
        {
            parts.Add((JsonNode)JsonValue.Create(piece));
        }

        return parts;
    }

    private static JsonValue Pad(TemplateArguments a)
    {
        string text = a.Text(0);
        (int left, int right) = (a.Integer(1), a.Integer(2));
        return left is >= 0 and <= MaxWidth && right is >= 0 and <= MaxWidth
            ? JsonValue.Create(text.Length == 0 ? text : new string(' ', left) + text + new string(' ', right))
            : throw a.Error($"widths are 0 to {MaxWidth}");
    }

    private static int Length(TemplateArguments a) => TemplateValue.Kind(a[0]) switch
    {
        JsonValueKind.Array => a[0]!.AsArray().Count,
        JsonValueKind.Object => a[0]!.AsObject().Count,
        JsonValueKind.String => a.Text(0).Length,
        _ => throw a.Error($"{TemplateValue.TypeName(a[0])} has no length"),
    };

    private static JsonNode? Index(TemplateArguments a)
    {
        JsonNode? value = a[0];
        for (int i = 1; i < a.Count; i++)
        {
            value = TemplateValue.Kind(value) switch
            {
                JsonValueKind.Object => value!.AsObject().TryGetPropertyValue(a.Text(i), out JsonNode? member) ? member : JsonValue.Create(""),
                JsonValueKind.Array when a.Integer(i) is int at && at >= 0 && at < value!.AsArray().Count => value.AsArray()[at],
                JsonValueKind.Array => throw a.Error($"index {a.Integer(i)} is outside a list of {value!.AsArray().Count}"),
                JsonValueKind.String when i == a.Count - 1 && TemplateValue.Kind(a[i]) == JsonValueKind.String =>
                    throw new TemplateException(a.Column, "'index' needs a list or an object and was given a text", "In listings write {{.Label \"key\"}}; in inspect, {{index .Config.Labels \"key\"}}."),
                _ => throw a.Error($"{TemplateValue.TypeName(value)} cannot be indexed"),
            };
        }

        return value;
    }

    private static JsonNode Slice(TemplateArguments a)
    {
        bool isText = TemplateValue.Kind(a[0]) == JsonValueKind.String;
        int length = isText ? a.Text(0).Length : a.List(0).Count;
        int from = a.Count > 1 ? a.Integer(1) : 0;
        int to = a.Count > 2 ? a.Integer(2) : length;
        if (from < 0 || to > length || from > to)
        {
            throw a.Error($"{from} to {to} is outside a length of {length}");
        }

        return isText
            ? JsonValue.Create(a.Text(0)[from..to])
            : new JsonArray([.. a.List(0).Skip(from).Take(to - from).Select(static n => n?.DeepClone())]);
    }
}
