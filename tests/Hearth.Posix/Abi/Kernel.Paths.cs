using System.Text;

namespace Hearth.Posix.Abi;

/// <summary>Calls that take paths.</summary>
internal static unsafe partial class Kernel
{
    public static long open(string path, int flags, uint mode = 0) => openat(AT_FDCWD, path, flags, mode);
    public static long openat(int directory, string path, int flags, uint mode = 0) => PathCall(257, directory, path, flags, (nint)mode);
    public static long creat(string path, uint mode) => PathCall(85, path, (nint)mode);
    public static long mkdir(string path, uint mode) => PathCall(83, path, (nint)mode);
    public static long mkdirat(int directory, string path, uint mode) => PathCall(258, directory, path, (nint)mode);
    public static long rmdir(string path) => PathCall(84, path);
    public static long unlink(string path) => PathCall(87, path);
    public static long unlinkat(int directory, string path, int flags) => PathCall(263, directory, path, flags);
    public static long mknod(string path, uint mode, ulong device = 0) => PathCall(133, path, (nint)mode, (nint)device);
    public static long mknodat(int directory, string path, uint mode, ulong device = 0) => PathCall(259, directory, path, (nint)mode, (nint)device);
    public static long mkfifo(string path, uint mode) => mknod(path, S_IFIFO | mode);
    public static long chmod(string path, uint mode) => PathCall(90, path, (nint)mode);
    public static long truncate(string path, long length) => PathCall(76, path, (nint)length);
    public static long chdir(string path) => PathCall(80, path);
    public static long access(string path, int mode) => PathCall(21, path, mode);
    public static long faccessat2(string path, int mode, int flags) => PathCall(439, AT_FDCWD, path, mode, flags);

    public static long chown(string path, long user, long group) => PathCall(92, path, (nint)user, (nint)group);
    public static long lchown(string path, long user, long group) => PathCall(94, path, (nint)user, (nint)group);
    public static long fchownat(int directory, string path, long user, long group, int flags) =>
        PathCall(260, directory, path, (nint)user, (nint)group, flags);

    public static long symlink(string target, string path) => TwoPathCall(88, target, path);
    public static long link(string old, string path) => TwoPathCall(86, old, path);
    public static long rename(string old, string path) => TwoPathCall(82, old, path);

    public static long linkat(int oldDirectory, string old, int newDirectory, string path, int flags)
    {
        // SAFETY: the kernel reads the bytes during the call only.
        fixed (byte* a = Bytes(old), b = Bytes(path))
        {
            return Call(265, oldDirectory, (nint)a, newDirectory, (nint)b, flags);
        }
    }

    public static long renameat2(string old, string path, int flags) => renameat2(AT_FDCWD, old, AT_FDCWD, path, flags);

    public static long renameat2(int oldDirectory, string old, int newDirectory, string path, int flags)
    {
        // SAFETY: the kernel reads the bytes during the call only.
        fixed (byte* a = Bytes(old), b = Bytes(path))
        {
            return Call(316, oldDirectory, (nint)a, newDirectory, (nint)b, flags);
        }
    }

    /// <summary>The target of a symbolic link as byte string in <paramref name="target"/>; the result is its length.</summary>
    public static long readlink(string path, out string target, int room = PATH_MAX)
    {
        byte[] buffer = new byte[Math.Max(1, room)];
        // SAFETY: the kernel writes at most `room` bytes during the call.
        fixed (byte* p = Bytes(path), b = buffer)
        {
            long result = Call(89, (nint)p, (nint)b, room);
            target = result > 0 ? Encoding.Latin1.GetString(buffer, 0, (int)result) : "";
            return result;
        }
    }

    public static long stat(string path, out FileStatus status) => fstatat(AT_FDCWD, path, out status, 0);
    public static long lstat(string path, out FileStatus status) => fstatat(AT_FDCWD, path, out status, AT_SYMLINK_NOFOLLOW);

    public static long fstatat(int directory, string path, out FileStatus status, int flags)
    {
        // SAFETY: FileStatus has the size of struct stat; the kernel writes it during the call.
        fixed (byte* p = Bytes(path))
        fixed (FileStatus* s = &status)
        {
            *s = default;
            return Call(262, directory, (nint)p, (nint)s, flags);
        }
    }

    public static long statx(string path, int flags, uint mask, out ExtendedStatus status)
    {
        // SAFETY: ExtendedStatus has the size of struct statx; the kernel writes it during the call.
        fixed (byte* p = Bytes(path))
        fixed (ExtendedStatus* s = &status)
        {
            *s = default;
            return Call(332, AT_FDCWD, (nint)p, flags, (nint)mask, (nint)s);
        }
    }

    public static long statfs(string path, out FileSystemStatus status)
    {
        // SAFETY: FileSystemStatus has the size of struct statfs; the kernel writes it during the call.
        fixed (byte* p = Bytes(path))
        fixed (FileSystemStatus* s = &status)
        {
            *s = default;
            return Call(137, (nint)p, (nint)s);
        }
    }

    public static long utimensat(string path, Timestamp accessed, Timestamp modified, int flags = 0)
    {
        Timestamp* times = stackalloc Timestamp[2] { accessed, modified };
        // SAFETY: the kernel reads both during the call only.
        fixed (byte* p = Bytes(path))
        {
            return Call(280, AT_FDCWD, (nint)p, (nint)times, flags);
        }
    }

    /// <summary>utimensat(2) with the null pointer for the times: both are now, with the rights of a writer.</summary>
    public static long utimensatNull(string path) => PathCall(280, AT_FDCWD, path);

    public static long futimens(int descriptor, Timestamp accessed, Timestamp modified)
    {
        Timestamp* times = stackalloc Timestamp[2] { accessed, modified };
        return Call(280, descriptor, 0, (nint)times);
    }

    public static long setxattr(string path, string name, ReadOnlySpan<byte> value, int flags = 0, bool follow = true)
    {
        // SAFETY: the kernel reads all three during the call only.
        fixed (byte* p = Bytes(path), n = Bytes(name), v = value)
        {
            return Call(follow ? 188 : 189, (nint)p, (nint)n, (nint)v, value.Length, flags);
        }
    }

    public static long getxattr(string path, string name, Span<byte> value, bool follow = true)
    {
        // SAFETY: the kernel writes at most value.Length bytes during the call.
        fixed (byte* p = Bytes(path), n = Bytes(name), v = value)
        {
            return Call(follow ? 191 : 192, (nint)p, (nint)n, (nint)v, value.Length);
        }
    }

    public static long listxattr(string path, Span<byte> names, bool follow = true)
    {
        // SAFETY: the kernel writes at most names.Length bytes during the call.
        fixed (byte* p = Bytes(path), n = names)
        {
            return Call(follow ? 194 : 195, (nint)p, (nint)n, names.Length);
        }
    }

    public static long removexattr(string path, string name, bool follow = true) => TwoPathCall(follow ? 197 : 198, path, name);
}
