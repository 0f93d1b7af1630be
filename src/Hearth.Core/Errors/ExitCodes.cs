namespace Hearth.Core.Errors;

/// <summary>Exit codes of the <c>hearth</c> command, as Docker, Podman and timeout(1) define them.</summary>
public static class ExitCodes
{
    /// <summary>The command line could not be understood.</summary>
    public const int Usage = 2;

    /// <summary>A <c>--timeout</c> ran out (timeout(1)).</summary>
    public const int TimedOut = 124;

    /// <summary>Hearth itself failed.</summary>
    public const int HearthFailed = 125;

    /// <summary>The container's command exists but cannot be executed, or its user does not exist.</summary>
    public const int CannotExecute = 126;

    /// <summary>The container's command was not found.</summary>
    public const int NotFound = 127;

    /// <summary>Added to a signal's number when a signal ended the process.</summary>
    public const int SignalBase = 128;
}
