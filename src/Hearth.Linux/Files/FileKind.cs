namespace Hearth.Linux.Files;

/// <summary>Kinds of files that the runtime has no word for.</summary>
public static class FileKind
{
    /// <summary>Whether the name itself, not what it may link to, is a Unix socket.</summary>
    public static unsafe bool IsSocket(string path)
    {
        byte* buffer = stackalloc byte[Libc.StatxBytes];

        // SAFETY: the buffer has the size of struct statx, which is the same on every architecture.
        return Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE, buffer) == 0
            && (*(ushort*)(buffer + Libc.StatxModeOffset) & Libc.S_IFMT) == Libc.S_IFSOCK;
    }
}
