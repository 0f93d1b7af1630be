using System.Runtime.InteropServices;

namespace Hearth.Linux;

internal static partial class Libc
{
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_BLOCKS = 0x400;

    /// <summary>struct statx has 256 bytes on every architecture (include/uapi/linux/stat.h).</summary>
    internal const int StatxBytes = 256;

    /// <summary>Offset of stx_blocks, a u64 that counts units of 512 bytes.</summary>
    internal const int StatxBlocksOffset = 48;

    // int statx(int dirfd, const char *pathname, int flags, unsigned int mask, struct statx *statxbuf);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int statx(int dirfd, string pathname, int flags, uint mask, byte* statxbuf);
}
