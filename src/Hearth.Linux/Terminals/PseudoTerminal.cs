using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Terminals;

/// <summary>The controlling end of a pseudo-terminal of some devpts instance.</summary>
public sealed class PseudoTerminal : IDisposable
{
    private PseudoTerminal(SafeFileHandle master, int number)
    {
        Master = master;
        Number = number;
    }

    public SafeFileHandle Master { get; }

    /// <summary>The other end is <c>/dev/pts/N</c> wherever the same instance is mounted there.</summary>
    public int Number { get; }

    /// <param name="devpts">Where the devpts instance is mounted.</param>
    public static unsafe PseudoTerminal Open(string devpts)
    {
        SafeFileHandle master = Descriptors.OpenReadWrite($"{devpts}/ptmx");
        int fd = (int)master.DangerousGetHandle();
        int unlocked = 0;
        int number;
        if (Libc.ioctl(fd, Ioctls.TIOCSPTLCK, &unlocked) != 0 || Libc.ioctl(fd, Ioctls.TIOCGPTN, &number) != 0)
        {
            throw ErrnoException.FromLastError("ioctl", "a new terminal");
        }

        return new PseudoTerminal(master, number);
    }

    /// <summary>Tells the terminal its size; the foreground processes get SIGWINCH when it changed.</summary>
    public unsafe void Resize(int rows, int columns)
    {
        Ioctls.winsize size = new() { ws_row = (ushort)rows, ws_col = (ushort)columns };
        if (Libc.ioctl((int)Master.DangerousGetHandle(), Ioctls.TIOCSWINSZ, &size) != 0)
        {
            throw ErrnoException.FromLastError("ioctl", "the terminal's size");
        }
    }

    public void Dispose() => Master.Dispose();
}
