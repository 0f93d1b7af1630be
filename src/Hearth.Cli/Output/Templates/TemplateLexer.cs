using System.Globalization;
using System.Text;

namespace Hearth.Cli.Output.Templates;

/// <summary>Splits the inside of one action into words.</summary>
internal sealed class TemplateLexer(string action, int firstColumn)
{
    private readonly List<TemplateToken> _tokens = [];
    private int _at;

    public static List<TemplateToken> Split(TemplateSegment segment) => new TemplateLexer(segment.Content, segment.Column).Split();

    private List<TemplateToken> Split()
    {
        while (true)
        {
            int before = _at;
            while (_at < action.Length && char.IsWhiteSpace(action[_at]))
            {
                _at++;
            }

            bool spaced = _at > before || _at == 0;
            int start = _at;
            if (_at >= action.Length)
            {
                _tokens.Add(new TemplateToken(TemplateTokenKind.End, "", firstColumn + start, spaced));
                return _tokens;
            }

            (TemplateTokenKind kind, string text) = Next(action[_at]);
            _tokens.Add(new TemplateToken(kind, text, firstColumn + start, spaced));
        }
    }

    private (TemplateTokenKind Kind, string Text) Next(char c)
    {
        switch (c)
        {
            case '|': return Sign(TemplateTokenKind.Pipe, 1);
            case '(': return Sign(TemplateTokenKind.Open, 1);
            case ')': return Sign(TemplateTokenKind.Close, 1);
            case ',': return Sign(TemplateTokenKind.Comma, 1);
            case '=': return Sign(TemplateTokenKind.Assign, 1);
            case ':' when Peek(1) == '=': return Sign(TemplateTokenKind.Declare, 2);
            case '"': return (TemplateTokenKind.Text, Quoted());
            case '`': return (TemplateTokenKind.Text, Raw());
            case '$':
                _at++;
                return (TemplateTokenKind.Variable, "$" + Name());
            case '.' when !char.IsAsciiDigit(Peek(1)):
                _at++;
                string field = Name();
                return field.Length > 0 ? (TemplateTokenKind.Field, field) : (TemplateTokenKind.Dot, ".");
            case '.' or '-' or '+' or (>= '0' and <= '9'): return (TemplateTokenKind.Number, Number());
            default:
                string word = Name();
                return word.Length > 0 ? (TemplateTokenKind.Word, word) : throw Error(_at, $"unexpected '{c}'");
        }
    }

    private (TemplateTokenKind Kind, string Text) Sign(TemplateTokenKind kind, int length)
    {
        string text = action.Substring(_at, length);
        _at += length;
        return (kind, text);
    }

    private char Peek(int ahead) => _at + ahead < action.Length ? action[_at + ahead] : '\0';

    private string Name()
    {
        int start = _at;
        while (_at < action.Length && (char.IsLetterOrDigit(action[_at]) || action[_at] == '_'))
        {
            _at++;
        }

        return action[start.._at];
    }

    private string Number()
    {
        int start = _at++;
        while (_at < action.Length && (char.IsAsciiLetterOrDigit(action[_at]) || action[_at] == '.'))
        {
            _at++;
        }

        string text = action[start.._at];
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? text
            : throw Error(start, $"'{text}' is not a number");
    }

    private string Raw()
    {
        int end = action.IndexOf('`', _at + 1);
        if (end < 0)
        {
            throw Error(_at, "the quoted text is not closed");
        }

        string text = action[(_at + 1)..end];
        _at = end + 1;
        return text;
    }

    private string Quoted()
    {
        int start = _at++;
        StringBuilder text = new();
        while (_at < action.Length)
        {
            char c = action[_at++];
            if (c == '"')
            {
                return text.ToString();
            }

            text.Append(c == '\\' ? Escape() : c.ToString());
        }

        throw Error(start, "the quoted text is not closed");
    }

    private string Escape()
    {
        int start = _at - 1;
        char c = _at < action.Length ? action[_at++] : '\0';
        return c switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            '0' => "\0",
            'e' => "\e",
            '\\' or '"' or '\'' => c.ToString(),
            'x' => Hexadecimal(start, 2),
            'u' => Hexadecimal(start, 4),
            _ => throw Error(start, $"'\\{c}' is not an escape"),
        };
    }

    private string Hexadecimal(int start, int digits)
    {
        if (_at + digits > action.Length
            || !ushort.TryParse(action.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort value))
        {
            throw Error(start, $"{digits} hexadecimal digits must follow");
        }

        _at += digits;
        return ((char)value).ToString();
    }

    private TemplateException Error(int at, string cause) => new(firstColumn + at, cause);
}
