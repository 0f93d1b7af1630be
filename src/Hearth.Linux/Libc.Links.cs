using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>What <see cref="Files.FileLinks"/> and <see cref="Files.FileKind"/> call.</summary>
internal static partial class Libc
{
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_TYPE = 1; // include/uapi/linux/stat.h (4.11)
    internal const int StatxBytes = 256;
    internal const int StatxModeOffset = 28;
    internal const int S_IFMT = 0xf000;
    internal const int S_IFSOCK = 0xc000;

    // int statx(int dirfd, const char *pathname, int flags, unsigned int mask, struct statx *statxbuf);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int statx(int dirfd, string pathname, int flags, uint mask, byte* statxbuf);

    // int link(const char *oldpath, const char *newpath);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int link(string oldpath, string newpath);

    // int lchown(const char *pathname, uid_t owner, gid_t group);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lchown(string pathname, uint owner, uint group);
}
