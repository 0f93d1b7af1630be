using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>Imports for files.</summary>
internal static partial class Libc
{
    // off_t lseek(int fd, off_t offset, int whence);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial long lseek(int fd, long offset, int whence);

    // int ioctl(int fd, unsigned long op, int number);
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_number(int fd, ulong op, nint number);

    // int link(const char *oldpath, const char *newpath);
    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int link_path(string oldpath, string newpath);
}
