using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>How Go's text/template sees a JSON value: its truth, its print and its order.</summary>
internal static class TemplateValue
{
    private static readonly JsonWriterOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions s_indented =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true, IndentSize = 4 };

    public static JsonValueKind Kind(JsonNode? value) => value?.GetValueKind() ?? JsonValueKind.Null;

    public static bool IsTrue(JsonNode? value) => Kind(value) switch
    {
        JsonValueKind.True => true,
        JsonValueKind.Number => Number(value!) != 0,
        JsonValueKind.String => value!.GetValue<string>().Length > 0,
        JsonValueKind.Array => value!.AsArray().Count > 0,
        JsonValueKind.Object => value!.AsObject().Count > 0,
        _ => false,
    };

    public static double Number(JsonNode value) =>
        double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;

    public static bool TryInteger(JsonNode? value, out long integer)
    {
        integer = 0;
        return Kind(value) == JsonValueKind.Number
            && long.TryParse(value!.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer);
    }

    /// <summary>JSON without spaces, and without escaping what is harmless, as Docker's <c>json</c> function gives it.</summary>
    public static string Json(JsonNode? value, bool indented = false)
    {
        if (value is null)
        {
            return "null";
        }

        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, indented ? s_indented : s_compact))
        {
            value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>Go's <c>%v</c>: <c>[a b]</c>, <c>map[k:v]</c>; nothing at all is <c>&lt;no value&gt;</c>.</summary>
    public static string Print(JsonNode? value)
    {
        if (Kind(value) == JsonValueKind.String)
        {
            return value!.GetValue<string>();
        }

        StringBuilder text = new();
        Print(text, value, "<no value>");
        return text.ToString();
    }

    /// <summary>Go's type word, for messages.</summary>
    public static string TypeName(JsonNode? value) => Kind(value) switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Number => TryInteger(value, out _) ? "int" : "float64",
        JsonValueKind.Array => "list",
        JsonValueKind.Object => "object",
        _ => "nil",
    };

    /// <summary>Whether both are equal; null when they cannot be compared.</summary>
    public static bool? AreEqual(JsonNode? left, JsonNode? right)
    {
        JsonValueKind leftKind = Kind(left);
        JsonValueKind rightKind = Kind(right);
        if (leftKind == JsonValueKind.Null || rightKind == JsonValueKind.Null)
        {
            return leftKind == rightKind;
        }

        bool bothTruth = leftKind is JsonValueKind.True or JsonValueKind.False && rightKind is JsonValueKind.True or JsonValueKind.False;
        return bothTruth ? leftKind == rightKind : Order(left, right) is int order ? order == 0 : null;
    }

    /// <summary>The order of two numbers or two texts; null for anything else.</summary>
    public static int? Order(JsonNode? left, JsonNode? right) => (Kind(left), Kind(right)) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Number(left!).CompareTo(Number(right!)),
        (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(left!.GetValue<string>(), right!.GetValue<string>()),
        _ => null,
    };

    private static void Print(StringBuilder text, JsonNode? value, string nothing)
    {
        switch (Kind(value))
        {
            case JsonValueKind.Array:
                string gap = "";
                text.Append('[');
                foreach (JsonNode? item in value!.AsArray())
                {
                    text.Append(gap);
                    Print(text, item, "<nil>");
                    gap = " ";
                }

                text.Append(']');
                break;
            case JsonValueKind.Object:
                string space = "";
                text.Append("map[");
                foreach (KeyValuePair<string, JsonNode?> member in value!.AsObject().OrderBy(static m => m.Key, StringComparer.Ordinal))
                {
                    text.Append(space).Append(member.Key).Append(':');
                    Print(text, member.Value, "<nil>");
                    space = " ";
                }

                text.Append(']');
                break;
            case JsonValueKind.Null:
                text.Append(nothing);
                break;
            default:
                text.Append(value!.GetValueKind() switch
                {
                    JsonValueKind.True => "true",
                    JsonValueKind.False => "false",
                    _ => value.ToString(),
                });
                break;
        }
    }
}
