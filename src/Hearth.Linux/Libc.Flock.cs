using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>C library calls behind <see cref="Files.FileLock"/>.</summary>
internal static partial class Libc
{
    // include/uapi/asm-generic/fcntl.h (2.6.23, O_CLOEXEC)
    internal const int LOCK_SH = 1;
    internal const int LOCK_EX = 2;
    internal const int LOCK_NB = 4;
    internal const int LOCK_UN = 8;
    internal const int LockFileFlags = 0x2 | 0x40 | 0x80000; // O_RDWR | O_CREAT | O_CLOEXEC on every architecture Hearth runs on

    internal const int EINTR = 4;
    internal const int EWOULDBLOCK = 11;

    // int flock(int fd, int op);  flock(2)
    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int flock(int fd, int operation);

    // int open(const char *path, int flags, mode_t mode);  open(2)
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open_lock_file(string path, int flags, uint mode);
}
