namespace Hearth.Cli.Output.Templates;

/// <summary>A part of a template in the order of its output.</summary>
internal abstract record TemplateNode
{
    internal sealed record Text(string Content) : TemplateNode;

    internal sealed record Output(TemplateExpression Value) : TemplateNode;

    /// <summary><c>$x := …</c>, or <c>$x = …</c> for one that exists.</summary>
    internal sealed record Assign(string Variable, bool Declares, TemplateExpression Value) : TemplateNode;

    internal sealed record If(TemplateExpression Condition, IReadOnlyList<TemplateNode> Then, IReadOnlyList<TemplateNode> Else) : TemplateNode;

    /// <summary>Like <see cref="If"/>, with dot set to the condition's value.</summary>
    internal sealed record With(string? Variable, TemplateExpression Value, IReadOnlyList<TemplateNode> Then, IReadOnlyList<TemplateNode> Else)
        : TemplateNode;

    internal sealed record Range(
        string? KeyVariable, string? ValueVariable, TemplateExpression Items, IReadOnlyList<TemplateNode> Body, IReadOnlyList<TemplateNode> Else)
        : TemplateNode;
}
