using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>Terminals and plain descriptors: what <see cref="Terminals.TerminalDevice"/> and <see cref="Stdio.StandardStream"/> call.</summary>
internal static partial class Libc
{
    internal const int EAGAIN = 11;
    internal const int EPIPE = 32;
    internal const int TCSANOW = 0;
    internal const uint TIOCGWINSZ = 0x5413; // include/uapi/asm-generic/ioctls.h
    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;

    // ssize_t read(int fd, void *buf, size_t count);
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static unsafe partial nint read_bytes(int fd, byte* buf, nuint count);

    // ssize_t write(int fd, const void *buf, size_t count);
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static unsafe partial nint write_bytes(int fd, byte* buf, nuint count);

    // int poll(struct pollfd *fds, nfds_t nfds, int timeout);
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int poll_one(ref pollfd fds, nuint nfds, int timeout);

    // int isatty(int fd);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int isatty(int fd);

    // int tcgetattr(int fd, struct termios *termios_p);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcgetattr(int fd, out termios termios_p);

    // int tcsetattr(int fd, int optional_actions, const struct termios *termios_p);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcsetattr(int fd, int optional_actions, in termios termios_p);

    // void cfmakeraw(struct termios *termios_p);
    [LibraryImport("libc")]
    internal static partial void cfmakeraw(ref termios termios_p);

    // int ioctl(int fd, unsigned long op, struct winsize *argp);  ioctl_tty(2)
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_winsize(int fd, nuint op, out winsize argp);

    /// <summary>poll(2).</summary>
    internal struct pollfd
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <summary>include/uapi/asm-generic/termios.h.</summary>
    internal struct winsize
    {
        public ushort ws_row;
        public ushort ws_col;
        public ushort ws_xpixel;
        public ushort ws_ypixel;
    }

    /// <summary>The C library's structure (bits/termios-struct.h), not the kernel's: 60 bytes.</summary>
    internal struct termios
    {
        public uint c_iflag;
        public uint c_oflag;
        public uint c_cflag;
        public uint c_lflag;
        public byte c_line;
        public control_characters c_cc;
        public uint c_ispeed;
        public uint c_ospeed;
    }

    /// <summary>NCCS bytes.</summary>
    [InlineArray(32)]
    internal struct control_characters
    {
        private byte _first;
    }
}
