using Hearth.Linux.Abi;

namespace Hearth.Linux.Files;

/// <summary>Makes and changes entries of directories; the last component of a path is never followed.</summary>
public static class FileEntry
{
    private const int NoFollow = 0x100;

    public static void MakeDevice(string path, int mode, uint major, uint minor) =>
        Check(Libc.mknod(path, (uint)mode, (minor & 0xff) | (major << 8) | ((minor & ~0xffUL) << 12)), "mknod", path);

    public static void HardLink(string path, string target) => Check(Libc.link(target, path), "link", path);

    public static void SymbolicLink(string path, string target) => Check(Libc.symlink(target, path), "symlink", path);

    public static void ChangeOwner(string path, uint user, uint group) => Check(Libc.lchown(path, user, group), "chown", path);

    /// <summary>Permissions with the set-id bits. Not for links, which have none.</summary>
    public static void ChangeMode(string path, int permissions) => Check(Libc.chmod(path, (uint)permissions), "chmod", path);

    public static unsafe void ChangeModified(string path, DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTime.UnixEpoch.Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        long* times = stackalloc long[] { seconds, rest * 100, seconds, rest * 100 };
        Check(Libc.utimensat(Fcntl.AT_FDCWD, path, times, NoFollow), "utimensat", path);
    }

    private static void Check(int result, string call, string path)
    {
        if (result != 0)
        {
            throw ErrnoException.FromLastError(call, path);
        }
    }
}
