namespace Hearth.Linux.Abi;

/// <summary>include/uapi/asm-generic/ioctls.h, linux/random.h, linux/fs.h and linux/sockios.h.</summary>
internal static class Ioctls
{
    internal const ulong TIOCSCTTY = 0x540E;
    internal const ulong TIOCSWINSZ = 0x5414;
    internal const ulong FIONREAD = 0x541B;
    internal const ulong TIOCGPTN = 0x80045430;
    internal const ulong TIOCSPTLCK = 0x40045431;
    internal const ulong RNDADDENTROPY = 0x40085203;
    internal const ulong RNDRESEEDCRNG = 0x5207;
    internal const ulong FICLONE = 0x40049409;
    internal const ulong FIFREEZE = 0xC0045877;
    internal const ulong FITHAW = 0xC0045878;
    internal const ulong SIOCGIFFLAGS = 0x8913;
    internal const ulong SIOCSIFFLAGS = 0x8914;
    internal const ulong SIOCGIFADDR = 0x8915;

    internal struct winsize
    {
        internal ushort ws_row;
        internal ushort ws_col;
        internal ushort ws_xpixel;
        internal ushort ws_ypixel;
    }
}
