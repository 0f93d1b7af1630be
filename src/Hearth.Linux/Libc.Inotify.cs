using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux;

/// <summary>Imports for watching files.</summary>
internal static partial class Libc
{
    // int inotify_init1(int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int inotify_init1(int flags);

    // int inotify_add_watch(int fd, const char *pathname, uint32_t mask);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int inotify_add_watch(SafeFileHandle fd, string pathname, uint mask);

    // int inotify_add_watch(int fd, const char *pathname, uint32_t mask);
    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true)]
    internal static unsafe partial int watch_path(SafeFileHandle fd, byte* pathname, uint mask);

    // int inotify_rm_watch(int fd, int wd);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int inotify_rm_watch(SafeFileHandle fd, int wd);
}
