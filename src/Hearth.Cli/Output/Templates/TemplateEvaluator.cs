using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>Writes one template for one value.</summary>
/// <param name="root">What <c>.</c> and <c>$</c> are at the start.</param>
/// <param name="label">The method <c>.Label "key"</c> of listings; null when there is none.</param>
internal sealed class TemplateEvaluator(JsonNode? root, Func<string, string>? label)
{
    /// <summary>Most characters that a template may write: nested ranges multiply.</summary>
    private const int MaxOutput = 16 << 20;

    private readonly StringBuilder _output = new();
    private readonly List<(string Name, JsonNode? Value)> _variables = [("$", root)];

    public string Run(IReadOnlyList<TemplateNode> nodes)
    {
        Write(nodes, root);
        return _output.ToString();
    }

    private void Write(IReadOnlyList<TemplateNode> nodes, JsonNode? dot)
    {
        int scope = _variables.Count;
        foreach (TemplateNode node in nodes)
        {
            Write(node, dot);
        }

        _variables.RemoveRange(scope, _variables.Count - scope);
    }

    private void Write(TemplateNode node, JsonNode? dot)
    {
        switch (node)
        {
            case TemplateNode.Text text:
                _output.Append(text.Content);
                break;
            case TemplateNode.Output output:
                _output.Append(TemplateValue.Print(Value(output.Value, dot)));
                RequireBounded(output.Value.Column);
                break;
            case TemplateNode.Assign assign:
                Set(assign, Value(assign.Value, dot));
                break;
            case TemplateNode.If condition:
                Write(TemplateValue.IsTrue(Value(condition.Condition, dot)) ? condition.Then : condition.Else, dot);
                break;
            case TemplateNode.With with:
                WriteWith(with, dot);
                break;
            case TemplateNode.Range range:
                WriteRange(range, dot);
                break;
            default:
                throw new InvalidOperationException($"No such node: {node.GetType()}.");
        }
    }

    private void RequireBounded(int column)
    {
        if (_output.Length > MaxOutput)
        {
            throw new TemplateException(column, $"the output is larger than {MaxOutput >> 20} MiB");
        }
    }

    private void Set(TemplateNode.Assign assign, JsonNode? value)
    {
        if (assign.Declares)
        {
            _variables.Add((assign.Variable, value));
            return;
        }

        _variables[FindVariable(assign.Variable, assign.Value.Column)] = (assign.Variable, value);
    }

    private int FindVariable(string name, int column)
    {
        int at = _variables.FindLastIndex(v => v.Name == name);
        return at >= 0 ? at : throw new TemplateException(column, $"there is no variable '{name}'");
    }

    private void WriteWith(TemplateNode.With with, JsonNode? dot)
    {
        JsonNode? value = Value(with.Value, dot);
        int scope = _variables.Count;
        if (with.Variable is not null)
        {
            _variables.Add((with.Variable, value));
        }

        bool isTrue = TemplateValue.IsTrue(value);
        Write(isTrue ? with.Then : with.Else, isTrue ? value : dot);
        _variables.RemoveRange(scope, _variables.Count - scope);
    }

    private void WriteRange(TemplateNode.Range range, JsonNode? dot)
    {
        JsonNode? items = Value(range.Items, dot);
        IEnumerable<(JsonNode? Key, JsonNode? Value)> pairs = TemplateValue.Kind(items) switch
        {
            JsonValueKind.Array => items!.AsArray().Select(static (item, i) => ((JsonNode?)JsonValue.Create(i), item)),
            JsonValueKind.Object => items!.AsObject().OrderBy(static m => m.Key, StringComparer.Ordinal)
                .Select(static m => ((JsonNode?)JsonValue.Create(m.Key), m.Value)),
            JsonValueKind.Null => [],
            _ => throw new TemplateException(range.Items.Column, $"range cannot go over {TemplateValue.TypeName(items)}"),
        };
        bool any = false;
        int scope = _variables.Count;
        foreach ((JsonNode? key, JsonNode? value) in pairs)
        {
            any = true;
            Bind(range.KeyVariable, key);
            Bind(range.ValueVariable, value);
            Write(range.Body, value);
            _variables.RemoveRange(scope, _variables.Count - scope);
            RequireBounded(range.Items.Column);
        }

        if (!any)
        {
            Write(range.Else, dot);
        }
    }

    private void Bind(string? name, JsonNode? value)
    {
        if (name is not null)
        {
            _variables.Add((name, value));
        }
    }

    private JsonNode? Value(TemplateExpression expression, JsonNode? dot) => expression switch
    {
        TemplateExpression.Literal literal => literal.Value,
        TemplateExpression.Dot => dot,
        TemplateExpression.Variable variable => _variables[FindVariable(variable.Name, variable.Column)].Value,
        TemplateExpression.Field { Name: "Label", Arguments.Count: 1 } field when label is not null && ReferenceEquals(Value(field.Target, dot), root) =>
            LabelOf(field, dot, label),
        TemplateExpression.Field { Arguments.Count: > 0 } field =>
            throw new TemplateException(field.Column, $"'.{field.Name}' is no method and takes no arguments"),
        TemplateExpression.Field field => Member(Value(field.Target, dot), field),
        TemplateExpression.Call { Function: "and" or "or" } call => Decide(call, dot),
        TemplateExpression.Call call =>
            TemplateFunctions.Call(call.Function, [.. call.Arguments.Select(a => Value(a, dot))], call.Column),
        _ => throw new InvalidOperationException($"No such expression: {expression.GetType()}."),
    };

    private JsonValue LabelOf(TemplateExpression.Field field, JsonNode? dot, Func<string, string> labels)
    {
        JsonNode? key = Value(field.Arguments[0], dot);
        return TemplateValue.Kind(key) == JsonValueKind.String
            ? JsonValue.Create(labels(key!.GetValue<string>()))
            : throw new TemplateException(field.Column, "'.Label' needs a text");
    }

    /// <summary>
    /// A member of an object. What people named freely (labels) answers nothing for a missing key, as a Go map does; a
    /// missing field of ours is a spelling mistake. Ours start with a capital.
    /// </summary>
    private static JsonNode? Member(JsonNode? target, TemplateExpression.Field field)
    {
        switch (TemplateValue.Kind(target))
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.Object:
                JsonObject members = target!.AsObject();
                if (members.TryGetPropertyValue(field.Name, out JsonNode? value))
                {
                    return value;
                }

                bool isRecord = members.Count > 0 && members.All(static m => m.Key.Length > 0 && char.IsAsciiLetterUpper(m.Key[0]));
                return isRecord
                    ? throw new TemplateException(field.Column, $"there is no field '{field.Name}'", $"Fields: {string.Join(", ", members.Select(static m => m.Key))}.")
                    : null;
            default:
                throw new TemplateException(field.Column, $"{TemplateValue.TypeName(target)} has no field '{field.Name}'");
        }
    }

    private JsonNode? Decide(TemplateExpression.Call call, JsonNode? dot)
    {
        if (call.Arguments.Count == 0)
        {
            throw new TemplateException(call.Column, $"'{call.Function}' takes at least 1 arguments and was given 0");
        }

        bool stopsAt = call.Function == "or";
        JsonNode? value = null;
        foreach (TemplateExpression argument in call.Arguments)
        {
            value = Value(argument, dot);
            if (TemplateValue.IsTrue(value) == stopsAt)
            {
                break;
            }
        }

        return value;
    }
}
