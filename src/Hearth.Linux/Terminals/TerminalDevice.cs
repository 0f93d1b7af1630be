namespace Hearth.Linux.Terminals;

/// <summary>A terminal on one of this process's descriptors.</summary>
public static class TerminalDevice
{
    public static bool IsTerminal(int descriptor) => Libc.isatty(descriptor) == 1;

    /// <summary>The window's size in characters; null when the descriptor is no terminal or does not know.</summary>
    public static (int Rows, int Columns)? GetSize(int descriptor) =>
        Libc.ioctl_winsize(descriptor, Libc.TIOCGWINSZ, out Libc.winsize size) == 0 && size is { ws_row: > 0, ws_col: > 0 }
            ? (size.ws_row, size.ws_col)
            : null;

    /// <summary>Switches to raw mode (cfmakeraw(3)): no echo, no line editing, no signals from keys, bytes as they come.</summary>
    /// <returns>Disposing it restores the mode that was found.</returns>
    /// <exception cref="ErrnoException">The descriptor is no terminal.</exception>
    public static RawMode EnterRawMode(int descriptor)
    {
        if (Libc.tcgetattr(descriptor, out Libc.termios found) != 0)
        {
            throw ErrnoException.FromLastError("tcgetattr", $"descriptor {descriptor}");
        }

        Libc.termios raw = found;
        Libc.cfmakeraw(ref raw);
        Set(descriptor, raw);
        return new RawMode(descriptor, found);
    }

    internal static void Set(int descriptor, in Libc.termios mode)
    {
        // TCSANOW and not TCSADRAIN: a terminal whose output is stopped (Ctrl-S) would hold the process here.
        while (Libc.tcsetattr(descriptor, Libc.TCSANOW, in mode) != 0)
        {
            var error = ErrnoException.FromLastError("tcsetattr", $"descriptor {descriptor}");
            if (error.Errno != Libc.EINTR)
            {
                throw error;
            }
        }
    }
}
