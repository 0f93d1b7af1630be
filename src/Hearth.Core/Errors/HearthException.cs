namespace Hearth.Core.Errors;

/// <summary>
/// An error that a person is shown: the thing, the cause and the cure. <see cref="Exception.Message"/> names the thing and
/// the cause in one sentence; <see cref="Hint"/> is the cure.
/// </summary>
public class HearthException : Exception
{
    public HearthException(string code, string message, string? hint = null, int exitCode = ExitCodes.HearthFailed, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Hint = hint;
        ExitCode = exitCode;
    }

    /// <summary>Stable, dotted, lower case: <c>image.not-found</c>. Each has a section in <c>docs/errors.md</c>.</summary>
    public string Code { get; }

    /// <summary>What to do next, as a sentence; null when there is nothing to suggest.</summary>
    public string? Hint { get; }

    /// <summary>The exit code of the command that fails with this error (<see cref="ExitCodes"/>).</summary>
    public int ExitCode { get; }
}
