using Hearth.Engine.Client;
using Hearth.Linux.Stdio;
using Hearth.Linux.Terminals;

namespace Hearth.Cli.Sessions;

/// <summary>
/// A session on this process's standard descriptors: <see cref="SessionPump"/>, plus the terminal's raw mode and size, plus
/// signals.
/// </summary>
/// <remarks>
/// Under a terminal with standard input the keys go to the process as they are (Ctrl-C is a byte), the window's size follows
/// SIGWINCH, and a signal to this client ends the client. Otherwise signals are the process's once it has started; until
/// then they interrupt the start.
/// </remarks>
internal sealed class ClientSession(CliContext context, SessionOptions options)
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>Output blocks a thread of the pool while nobody reads it; the other direction needs threads of its own then.</summary>
    private const int PoolThreads = 4;

    /// <summary>Refuses a terminal for a process when there is none to give (Docker's check and words).</summary>
    /// <exception cref="Core.Errors.HearthException"><c>tty.missing</c>.</exception>
    public static void RequireTerminal(bool tty, bool stdin)
    {
        if (tty && stdin && !TerminalDevice.IsTerminal(StandardInput))
        {
            throw new Core.Errors.HearthException(
                "tty.missing", "the input device is not a TTY", "Leave out -t when standard input is a pipe or a file.", 1);
        }
    }

    /// <summary>The window's size for a new process; zeros when unknown.</summary>
    public static (int Rows, int Columns) WindowSize() =>
        TerminalDevice.GetSize(StandardOutput) ?? TerminalDevice.GetSize(StandardInput) ?? (0, 0);

    public async Task<SessionEnd> RunAsync(ControlConnection connection)
    {
        ThreadPool.SetMinThreads(PoolThreads, PoolThreads);
        bool ownsTerminal = options.Tty && options.Stdin && TerminalDevice.IsTerminal(StandardInput);
        var streams = new SessionStreams(
            options.Stdin ? new StandardStream(StandardInput, "standard input") : null,
            new StandardStream(StandardOutput, "standard output"),
            new StandardStream(StandardError, "standard error"));
        var pump = new SessionPump(connection.Reader, connection.Writer, streams, ownsTerminal ? options.DetachKeys : null);
        using RawMode? raw = ownsTerminal ? TerminalDevice.EnterRawMode(StandardInput) : null;
        await using var events = new SessionEvents(context, pump, options);
        Task<SessionEnd> end = pump.RunAsync(context.Cancellation);
        SessionEnd how = await await Task.WhenAny(end, events.Forced);
        if (how.OutOfMemory)
        {
            // The exit code alone, 137, says as much of any SIGKILL.
            await context.Error.WriteAsync("hearth: out of memory: a process of the container was killed; --memory gives the VM more" + (raw is null ? "\n" : "\r\n"));
        }

        return how;
    }
}
