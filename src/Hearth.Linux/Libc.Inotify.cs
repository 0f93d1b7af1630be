using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux;

/// <summary>C library calls behind <see cref="Files.DirectoryWatch"/>.</summary>
internal static partial class Libc
{
    // int inotify_init1(int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int inotify_init1(int flags);

    // int inotify_add_watch(int fd, const char *pathname, uint32_t mask);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inotify_add_watch(SafeFileHandle fd, string pathname, uint mask);
}
