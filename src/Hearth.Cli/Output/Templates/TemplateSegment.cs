namespace Hearth.Cli.Output.Templates;

/// <summary>A stretch of text, or the inside of <c>{{…}}</c>.</summary>
/// <param name="IsAction">Whether <paramref name="Content"/> stood in braces.</param>
/// <param name="Content">Text with its escapes resolved, or the action as written.</param>
/// <param name="Column">Where the content starts, from 1.</param>
internal readonly record struct TemplateSegment(bool IsAction, string Content, int Column);
