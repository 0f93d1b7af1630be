using System.Globalization;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>Builds the tree of a template from its segments.</summary>
internal sealed class TemplateParser(List<TemplateSegment> segments)
{
    /// <summary>Most blocks or parentheses within each other, pipes or fields in a row: more would only exhaust the stack.</summary>
    private const int MaxDepth = 64;

    private List<TemplateToken> _tokens = [];
    private int _segment;
    private int _token;
    private int _depth;

    public static IReadOnlyList<TemplateNode> Parse(string template)
    {
        TemplateParser parser = new(TemplateScanner.Scan(template));
        IReadOnlyList<TemplateNode> nodes = parser.Block(out string? ending);
        return ending is null ? nodes : throw new TemplateException(parser._tokens[0].Column, $"'{{{{{ending}}}}}' closes nothing");
    }

    private TemplateToken Current => _tokens[_token];

    /// <summary>Nodes up to an <c>end</c> or <c>else</c>, which is given in <paramref name="ending"/>; null at the template's end.</summary>
    private List<TemplateNode> Block(out string? ending)
    {
        List<TemplateNode> nodes = [];
        while (_segment < segments.Count)
        {
            TemplateSegment segment = segments[_segment++];
            if (!segment.IsAction)
            {
                nodes.Add(new TemplateNode.Text(segment.Content));
                continue;
            }

            _tokens = TemplateLexer.Split(segment);
            _token = 0;
            if (Current.Kind == TemplateTokenKind.Word && Current.Text is "end" or "else")
            {
                ending = Take().Text;
                if (ending == "end")
                {
                    RequireEnd();
                }

                return nodes;
            }

            nodes.Add(Action());
        }

        ending = null;
        return nodes;
    }

    private TemplateNode Action()
    {
        TemplateToken first = Current;
        if (first.Kind == TemplateTokenKind.Word && first.Text is "if" or "range" or "with")
        {
            _token++;
            return Enter<TemplateNode>(first.Column, () => first.Text switch { "if" => If(first), "range" => Range(first), _ => With(first) });
        }

        if (first.Kind == TemplateTokenKind.Variable && _tokens[_token + 1].Kind is TemplateTokenKind.Declare or TemplateTokenKind.Assign)
        {
            _token++;
            bool declares = Take().Kind == TemplateTokenKind.Declare;
            return new TemplateNode.Assign(first.Text, declares, WholePipeline());
        }

        return new TemplateNode.Output(WholePipeline());
    }

    private TemplateNode.If If(TemplateToken word)
    {
        TemplateExpression condition = WholePipeline();
        (IReadOnlyList<TemplateNode> then, IReadOnlyList<TemplateNode> otherwise) = Branches(word);
        return new TemplateNode.If(condition, then, otherwise);
    }

    private TemplateNode.With With(TemplateToken word)
    {
        string? variable = null;
        if (Current.Kind == TemplateTokenKind.Variable && _tokens[_token + 1].Kind == TemplateTokenKind.Declare)
        {
            variable = Take().Text;
            _token++;
        }

        TemplateExpression value = WholePipeline();
        (IReadOnlyList<TemplateNode> then, IReadOnlyList<TemplateNode> otherwise) = Branches(word);
        return new TemplateNode.With(variable, value, then, otherwise);
    }

    private TemplateNode.Range Range(TemplateToken word)
    {
        string? key = null;
        string? value = null;
        if (Current.Kind == TemplateTokenKind.Variable && _tokens[_token + 1].Kind is TemplateTokenKind.Declare or TemplateTokenKind.Comma)
        {
            value = Take().Text;
            if (Current.Kind == TemplateTokenKind.Comma)
            {
                _token++;
                key = value;
                value = Expect(TemplateTokenKind.Variable, "a variable").Text;
            }

            Expect(TemplateTokenKind.Declare, "':='");
        }

        TemplateExpression items = WholePipeline();
        (IReadOnlyList<TemplateNode> body, IReadOnlyList<TemplateNode> otherwise) = Branches(word);
        return new TemplateNode.Range(key, value, items, body, otherwise);
    }

    private (IReadOnlyList<TemplateNode> Then, IReadOnlyList<TemplateNode> Else) Branches(TemplateToken word)
    {
        List<TemplateNode> then = Block(out string? ending);
        if (ending == "else")
        {
            // "else if" and "else with" hold the rest of the chain and share its end.
            if (Current.Kind == TemplateTokenKind.Word && Current.Text is "if" or "with")
            {
                return (then, [Action()]);
            }

            RequireEnd();
            List<TemplateNode> otherwise = Block(out ending);
            return ending == "end" ? (then, otherwise) : throw Unclosed(word);
        }

        return ending == "end" ? (then, []) : throw Unclosed(word);
    }

    private static TemplateException Unclosed(TemplateToken word) => new(word.Column, $"'{word.Text}' has no '{{{{end}}}}'");

    private TemplateExpression WholePipeline()
    {
        TemplateExpression value = Pipeline();
        RequireEnd();
        return value;
    }

    private void RequireEnd()
    {
        if (Current.Kind != TemplateTokenKind.End)
        {
            throw new TemplateException(Current.Column, $"unexpected '{Current.Text}'");
        }
    }

    private TemplateExpression Pipeline()
    {
        TemplateExpression value = Command(null);
        for (int length = 1; Current.Kind == TemplateTokenKind.Pipe; length++)
        {
            RequireShallow(Current.Column, length);
            _token++;
            value = Command(value);
        }

        return value;
    }

    /// <summary>A value, or a function with its arguments; <paramref name="piped"/> becomes the last of them.</summary>
    private TemplateExpression Command(TemplateExpression? piped)
    {
        TemplateToken first = Current;
        if (first.Kind == TemplateTokenKind.Word && first.Text is not ("true" or "false" or "nil"))
        {
            _token++;
            if (!TemplateFunctions.Exists(first.Text))
            {
                throw new TemplateException(first.Column, $"there is no function '{first.Text}'", $"Functions: {TemplateFunctions.Names}.");
            }

            return new TemplateExpression.Call(first.Text, Arguments(piped), first.Column);
        }

        TemplateExpression value = Operand();
        List<TemplateExpression> arguments = Arguments(piped);
        return (arguments.Count, value) switch
        {
            (0, _) => value,
            (_, TemplateExpression.Field field) => field with { Arguments = arguments },
            _ => throw new TemplateException(first.Column, $"'{first.Text}' is no function and takes no arguments"),
        };
    }

    private List<TemplateExpression> Arguments(TemplateExpression? piped)
    {
        List<TemplateExpression> arguments = [];
        while (Current.Kind is not (TemplateTokenKind.End or TemplateTokenKind.Pipe or TemplateTokenKind.Close))
        {
            if (!Current.Spaced)
            {
                throw new TemplateException(Current.Column, $"a space must stand before '{Current.Text}'");
            }

            arguments.Add(Operand());
        }

        if (piped is not null)
        {
            arguments.Add(piped);
        }

        return arguments;
    }

    private TemplateExpression Operand()
    {
        TemplateToken token = Take();
        TemplateExpression value = token.Kind switch
        {
            TemplateTokenKind.Dot => new TemplateExpression.Dot(token.Column),
            TemplateTokenKind.Field => new TemplateExpression.Field(new TemplateExpression.Dot(token.Column), token.Text, [], token.Column),
            TemplateTokenKind.Variable => new TemplateExpression.Variable(token.Text, token.Column),
            TemplateTokenKind.Text => new TemplateExpression.Literal(JsonValue.Create(token.Text), token.Column),
            TemplateTokenKind.Number => new TemplateExpression.Literal(NumberOf(token.Text), token.Column),
            TemplateTokenKind.Open => Enter(token.Column, Parenthesised),
            TemplateTokenKind.Word => new TemplateExpression.Literal(Constant(token), token.Column),
            TemplateTokenKind.End => throw new TemplateException(token.Column, "a value is missing"),
            _ => throw new TemplateException(token.Column, $"unexpected '{token.Text}'"),
        };
        for (int length = 1; Current is { Kind: TemplateTokenKind.Field, Spaced: false }; length++)
        {
            RequireShallow(Current.Column, length);
            TemplateToken field = Take();
            value = new TemplateExpression.Field(value, field.Text, [], field.Column);
        }

        return value;
    }

    private TemplateExpression Parenthesised()
    {
        TemplateExpression value = Pipeline();
        Expect(TemplateTokenKind.Close, "')'");
        return value;
    }

    private static JsonValue? Constant(TemplateToken token) => token.Text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        "nil" => null,
        _ when TemplateFunctions.Exists(token.Text) =>
            throw new TemplateException(token.Column, $"the function '{token.Text}' must stand first or in parentheses"),
        _ => throw new TemplateException(token.Column, $"there is no function '{token.Text}'", $"Functions: {TemplateFunctions.Names}."),
    };

    private static JsonValue NumberOf(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
            ? JsonValue.Create(whole)
            : JsonValue.Create(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));

    private TemplateToken Take() => Current.Kind == TemplateTokenKind.End ? Current : _tokens[_token++];

    private TemplateToken Expect(TemplateTokenKind kind, string what) =>
        Current.Kind == kind ? Take() : throw new TemplateException(Current.Column, $"{what} is missing");

    private T Enter<T>(int column, Func<T> parse)
    {
        RequireShallow(column, ++_depth);
        T result = parse();
        _depth--;
        return result;
    }

    private static void RequireShallow(int column, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new TemplateException(column, $"more than {MaxDepth} levels");
        }
    }
}
