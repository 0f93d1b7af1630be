using Hearth.Core.Errors;

namespace Hearth.Cli.Output.Templates;

/// <summary>A <c>--format</c> template is wrong, or does not fit what it is applied to.</summary>
/// <param name="column">Counted from 1, in the template as it was written.</param>
/// <param name="cause">What is wrong there, without a full stop.</param>
/// <param name="hint">The cure; null for a pointer to the documentation.</param>
internal sealed class TemplateException(int column, string cause, string? hint = null)
    : HearthException(
        "format.invalid",
        $"--format: column {column}: {cause}.",
        hint ?? "Templates are Go's: {{.Name}}, {{json .}}, {{range .X}}…{{end}}; --format json shows every field.",
        ExitCodes.Usage)
{
    public int Column { get; } = column;
}
