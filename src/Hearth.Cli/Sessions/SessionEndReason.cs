namespace Hearth.Cli.Sessions;

internal enum SessionEndReason
{
    /// <summary>The process ended.</summary>
    Exited,

    /// <summary>The user typed the detach keys.</summary>
    Detached,

    /// <summary>Nobody reads this client's standard output any more.</summary>
    OutputClosed,

    /// <summary>The user sent three signals that the process did not follow.</summary>
    Forced,
}
