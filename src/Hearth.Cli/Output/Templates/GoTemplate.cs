using System.Text.Json.Nodes;

namespace Hearth.Cli.Output.Templates;

/// <summary>
/// The part of Go's text/template that Docker's users write after <c>--format</c>, applied to JSON values instead of Go's:
/// fields, variables, pipes, if, range, with, comments, trimming and <see cref="TemplateFunctions"/>. Left out: define,
/// template, block, break and continue. There is no reflection, so it works in a NativeAOT program.
/// </summary>
internal sealed class GoTemplate
{
    private readonly IReadOnlyList<TemplateNode> _nodes;

    private GoTemplate(IReadOnlyList<TemplateNode> nodes) => _nodes = nodes;

    /// <exception cref="TemplateException">The text is not a template.</exception>
    public static GoTemplate Parse(string template) => new(TemplateParser.Parse(template));

    /// <param name="data">What <c>.</c> is.</param>
    /// <param name="label">The method <c>.Label "key"</c>, for rows whose Labels field is one text; null when there is none.</param>
    /// <exception cref="TemplateException">The template does not fit the data.</exception>
    public string Render(JsonNode? data, Func<string, string>? label = null) => new TemplateEvaluator(data, label).Run(_nodes);
}
