using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>Go's fmt: <c>print</c>, and <c>printf</c> with the verbs v s q d f t x and their flags, width and precision.</summary>
internal static class TemplatePrint
{
    /// <summary>A space stands between two operands when neither is a text (fmt.Print).</summary>
    public static string Print(JsonNode?[] values)
    {
        StringBuilder text = new();
        for (int i = 0; i < values.Length; i++)
        {
            bool bothPlain = i > 0 && TemplateValue.Kind(values[i]) != JsonValueKind.String && TemplateValue.Kind(values[i - 1]) != JsonValueKind.String;
            text.Append(bothPlain ? " " : "").Append(TemplateValue.Print(values[i]));
        }

        return text.ToString();
    }

    /// <exception cref="TemplateException">A width is out of bounds. A verb that does not fit prints as Go prints it: <c>%!d(string=x)</c>.</exception>
    public static string Format(string format, JsonNode?[] values, int column)
    {
        StringBuilder text = new();
        int next = 0;
        int at = 0;
        while (at < format.Length)
        {
            char c = format[at++];
            if (c != '%')
            {
                text.Append(c);
                continue;
            }

            Verb verb = Verb.Read(format, ref at, column);
            if (verb.Letter == '%')
            {
                text.Append('%');
            }
            else if (verb.Letter == '\0')
            {
                text.Append("%!(NOVERB)");
            }
            else if (next >= values.Length)
            {
                text.Append("%!").Append(verb.Letter).Append("(MISSING)");
            }
            else
            {
                text.Append(verb.Apply(values[next++]));
            }
        }

        if (next < values.Length)
        {
            text.Append("%!(EXTRA ").AppendJoin(", ", values[next..].Select(static v => $"{TemplateValue.TypeName(v)}={TemplateValue.Print(v)}")).Append(')');
        }

        return text.ToString();
    }

    private readonly record struct Verb(char Letter, string Flags, int Width, int? Precision)
    {
        public static Verb Read(string format, ref int at, int column)
        {
            int flagsStart = at;
            while (at < format.Length && format[at] is '-' or '+' or '0' or ' ' or '#')
            {
                at++;
            }

            string flags = format[flagsStart..at];
            int width = Digits(format, ref at, column);
            int? precision = null;
            if (at < format.Length && format[at] == '.')
            {
                at++;
                precision = Digits(format, ref at, column);
            }

            return new Verb(at < format.Length ? format[at++] : '\0', flags, width, precision);
        }

        public string Apply(JsonNode? value)
        {
            string text = Body(value);
            bool numeric = TemplateValue.Kind(value) == JsonValueKind.Number;
            if (Flags.Contains('+', StringComparison.Ordinal) && numeric && !text.StartsWith('-'))
            {
                text = "+" + text;
            }

            if (Flags.Contains('-', StringComparison.Ordinal))
            {
                return text.PadRight(Width);
            }

            bool zeros = Flags.Contains('0', StringComparison.Ordinal) && numeric;
            return zeros && text[0] is '-' or '+' ? text[0] + text[1..].PadLeft(Width - 1, '0') : text.PadLeft(Width, zeros ? '0' : ' ');
        }

        private string Body(JsonNode? value)
        {
            JsonValueKind kind = TemplateValue.Kind(value);
            bool whole = TemplateValue.TryInteger(value, out long integer);
            return Letter switch
            {
                'v' => TemplateValue.Print(value),
                's' when kind is not (JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) => Cut(TemplateValue.Print(value)),
                'q' when kind == JsonValueKind.String => TemplateValue.Json(value),
                'd' when whole => integer.ToString(CultureInfo.InvariantCulture),
                'x' when whole => integer.ToString("x", CultureInfo.InvariantCulture),
                'x' when kind == JsonValueKind.String => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value!.GetValue<string>())),
                'f' when kind == JsonValueKind.Number =>
                    TemplateValue.Number(value!).ToString("F" + (Precision ?? 6).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
                't' when kind is JsonValueKind.True or JsonValueKind.False => TemplateValue.Print(value),
                _ => $"%!{Letter}({TemplateValue.TypeName(value)}={TemplateValue.Print(value)})",
            };
        }

        private string Cut(string text) => Precision is int most && most < text.Length ? text[..most] : text;

        private static int Digits(string format, ref int at, int column)
        {
            int value = 0;
            while (at < format.Length && char.IsAsciiDigit(format[at]))
            {
                value = (value * 10) + (format[at++] - '0');
                if (value > TemplateFunctions.MaxWidth)
                {
                    throw new TemplateException(column, $"printf: widths are 0 to {TemplateFunctions.MaxWidth}");
                }
            }

            return value;
        }
    }
}
