using Hearth.Core.Errors;

namespace Hearth.Cli.Sessions;

/// <summary>How a session ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="ExitCode">The exit code of the command that ran it.</param>
internal readonly record struct SessionEnd(SessionEndReason Reason, int ExitCode)
{
    private const int BrokenPipeSignal = 13;

    /// <summary>The guest's kernel killed the process, or another of its container, for want of memory.</summary>
    public bool OutOfMemory { get; init; }

    public static SessionEnd Detached { get; } = new(SessionEndReason.Detached, 0);

    /// <summary>As if SIGPIPE had ended the client, which is what a shell's pipeline expects.</summary>
    public static SessionEnd OutputClosed { get; } = new(SessionEndReason.OutputClosed, ExitCodes.SignalBase + BrokenPipeSignal);

    public static SessionEnd Exited(int exitCode, bool outOfMemory = false) => new(SessionEndReason.Exited, exitCode) { OutOfMemory = outOfMemory };
}
