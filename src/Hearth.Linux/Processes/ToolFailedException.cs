using Hearth.Core.Errors;

namespace Hearth.Linux.Processes;

/// <summary>A tool ended with a failure: code <c>tool.failed</c>, with all that is known of its end.</summary>
public sealed class ToolFailedException : HearthException
{
    public ToolFailedException(string program, int exitStatus, IReadOnlyList<string> errorTail)
        : base("tool.failed", Describe(program, exitStatus, errorTail))
    {
        Program = program;
        ExitStatus = exitStatus;
        ErrorTail = errorTail;
    }

    public string Program { get; }

    /// <summary>The exit code, or 128 plus a signal's number.</summary>
    public int ExitStatus { get; }

    /// <summary>The last lines of standard error, at most 20.</summary>
    public IReadOnlyList<string> ErrorTail { get; }

    private static string Describe(string program, int exitStatus, IReadOnlyList<string> errorTail)
    {
        string end = exitStatus > ExitCodes.SignalBase ? $"was ended by signal {exitStatus - ExitCodes.SignalBase}" : $"failed with exit code {exitStatus}";
        return errorTail.Count == 0 ? $"{program} {end}." : $"{program} {end}: {string.Join('\n', errorTail)}";
    }
}
