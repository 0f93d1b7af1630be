using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>What <see cref="Files.FileLinks"/> calls.</summary>
internal static partial class Libc
{
    // int link(const char *oldpath, const char *newpath);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int link(string oldpath, string newpath);

    // int lchown(const char *pathname, uid_t owner, gid_t group);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lchown(string pathname, uint owner, uint group);
}
