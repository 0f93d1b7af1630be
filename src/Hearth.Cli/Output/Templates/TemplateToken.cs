namespace Hearth.Cli.Output.Templates;

/// <summary>One word of an action.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The name without its dot, the value of a literal, or the sign itself.</param>
/// <param name="Column">Where it starts, from 1.</param>
/// <param name="Spaced">White space precedes it: <c>.A.B</c> is one value and <c>.A .B</c> are two.</param>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, int Column, bool Spaced);
