namespace Hearth.Linux.Terminals;

/// <summary>
/// A terminal's raw mode for as long as this object lives. It is left on <see cref="Dispose"/> and, when the process ends
/// in another way that leaves it a last word (exit, unhandled exception), then; only SIGKILL leaves the terminal raw.
/// </summary>
public sealed class RawMode : IDisposable
{
    private readonly int _descriptor;
    private readonly Libc.termios _found;
    private int _restored;

    internal RawMode(int descriptor, Libc.termios found)
    {
        _descriptor = descriptor;
        _found = found;
        AppDomain.CurrentDomain.ProcessExit += OnProcessEnd;
        AppDomain.CurrentDomain.UnhandledException += OnProcessEnd;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessEnd;
        AppDomain.CurrentDomain.UnhandledException -= OnProcessEnd;
        if (Interlocked.Exchange(ref _restored, 1) != 0)
        {
            return;
        }

        try
        {
            TerminalDevice.Set(_descriptor, _found);
        }
        catch (ErrnoException)
        {
            // The terminal is gone (its window was closed): there is nothing to restore.
        }
    }

    private void OnProcessEnd(object? sender, EventArgs e) => Dispose();
}
