using Hearth.Cli.Terminal;

namespace Hearth.Cli.Sessions;

/// <summary>What a client wants of a session.</summary>
/// <param name="Tty">The process has a terminal.</param>
/// <param name="Stdin">Standard input is passed on.</param>
/// <param name="DetachKeys">Keys that leave the session; null for none.</param>
internal sealed record SessionOptions(bool Tty, bool Stdin, DetachKeys? DetachKeys)
{
    /// <summary>Pass signals on to the process (<c>--sig-proxy</c>); never under a terminal, whose keys do it.</summary>
    public bool ForwardSignals { get; init; } = true;

    /// <summary>Let go when the process has started; null for nothing.</summary>
    public IDisposable? UntilStarted { get; init; }
}
