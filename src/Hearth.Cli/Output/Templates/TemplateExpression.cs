using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>Something with a value. A pipe is a call whose last argument is what stood before it.</summary>
internal abstract record TemplateExpression(int Column)
{
    internal sealed record Literal(JsonNode? Value, int Column) : TemplateExpression(Column);

    internal sealed record Dot(int Column) : TemplateExpression(Column);

    internal sealed record Variable(string Name, int Column) : TemplateExpression(Column);

    /// <summary><c>Target.Name</c>; with arguments it is a method: <c>.Label "key"</c>.</summary>
    internal sealed record Field(TemplateExpression Target, string Name, IReadOnlyList<TemplateExpression> Arguments, int Column)
        : TemplateExpression(Column);

    internal sealed record Call(string Function, IReadOnlyList<TemplateExpression> Arguments, int Column) : TemplateExpression(Column);
}
