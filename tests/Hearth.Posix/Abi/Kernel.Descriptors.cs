namespace Hearth.Posix.Abi;

/// <summary>Calls that take descriptors.</summary>
internal static unsafe partial class Kernel
{
    public static long close(int descriptor) => Call(3, descriptor);
    public static long lseek(int descriptor, long offset, int whence) => Call(8, descriptor, (nint)offset, whence);
    public static long ftruncate(int descriptor, long length) => Call(77, descriptor, (nint)length);
    public static long fchmod(int descriptor, uint mode) => Call(91, descriptor, (nint)mode);
    public static long fchown(int descriptor, long user, long group) => Call(93, descriptor, (nint)user, (nint)group);
    public static long fchdir(int descriptor) => Call(81, descriptor);
    public static long fsync(int descriptor) => Call(74, descriptor);
    public static long fdatasync(int descriptor) => Call(75, descriptor);
    public static long syncfs(int descriptor) => Call(306, descriptor);
    public static long dup(int descriptor) => Call(32, descriptor);
    public static long flock(int descriptor, int operation) => Call(73, descriptor, operation);
    public static long fallocate(int descriptor, int mode, long offset, long length) => Call(285, descriptor, mode, (nint)offset, (nint)length);
    public static long fcntl(int descriptor, int command, long argument = 0) => Call(72, descriptor, command, (nint)argument);

    public static long fcntl(int descriptor, int command, ref FileLock fileLock)
    {
        // SAFETY: FileLock has the layout of struct flock; the kernel reads and writes it during the call.
        fixed (FileLock* p = &fileLock)
        {
            return Call(72, descriptor, command, (nint)p);
        }
    }

    public static long read(int descriptor, Span<byte> buffer)
    {
        // SAFETY: the kernel writes at most buffer.Length bytes during the call.
        fixed (byte* p = buffer)
        {
            return Call(0, descriptor, (nint)p, buffer.Length);
        }
    }

    public static long write(int descriptor, ReadOnlySpan<byte> buffer)
    {
        // SAFETY: the kernel reads at most buffer.Length bytes during the call.
        fixed (byte* p = buffer)
        {
            return Call(1, descriptor, (nint)p, buffer.Length);
        }
    }

    public static long pread(int descriptor, Span<byte> buffer, long offset)
    {
        // SAFETY: the kernel writes at most buffer.Length bytes during the call.
        fixed (byte* p = buffer)
        {
            return Call(17, descriptor, (nint)p, buffer.Length, (nint)offset);
        }
    }

    public static long pwrite(int descriptor, ReadOnlySpan<byte> buffer, long offset)
    {
        // SAFETY: the kernel reads at most buffer.Length bytes during the call.
        fixed (byte* p = buffer)
        {
            return Call(18, descriptor, (nint)p, buffer.Length, (nint)offset);
        }
    }

    public static long fstat(int descriptor, out FileStatus status)
    {
        // SAFETY: FileStatus has the size of struct stat; the kernel writes it during the call.
        fixed (FileStatus* s = &status)
        {
            *s = default;
            return Call(5, descriptor, (nint)s);
        }
    }

    public static long fstatfs(int descriptor, out FileSystemStatus status)
    {
        // SAFETY: FileSystemStatus has the size of struct statfs; the kernel writes it during the call.
        fixed (FileSystemStatus* s = &status)
        {
            *s = default;
            return Call(138, descriptor, (nint)s);
        }
    }

    public static long getdents64(int descriptor, Span<byte> buffer)
    {
        // SAFETY: the kernel writes at most buffer.Length bytes during the call.
        fixed (byte* p = buffer)
        {
            return Call(217, descriptor, (nint)p, buffer.Length);
        }
    }

    /// <summary>copy_file_range(2) with explicit offsets.</summary>
    public static long copy_file_range(int source, long sourceOffset, int destination, long destinationOffset, long length, int flags = 0) =>
        Call(326, source, (nint)(&sourceOffset), destination, (nint)(&destinationOffset), (nint)length, flags);

    /// <summary>copy_file_range(2) at the offsets of the descriptors.</summary>
    public static long copy_file_range(int source, int destination, long length) => Call(326, source, 0, destination, 0, (nint)length);

    public static long sendfile(int destination, int source, long length) => Call(40, destination, source, 0, (nint)length);

    public static long fsetxattr(int descriptor, string name, ReadOnlySpan<byte> value, int flags = 0)
    {
        // SAFETY: the kernel reads both during the call only.
        fixed (byte* n = Bytes(name), v = value)
        {
            return Call(190, descriptor, (nint)n, (nint)v, value.Length, flags);
        }
    }

    public static long fgetxattr(int descriptor, string name, Span<byte> value)
    {
        // SAFETY: the kernel writes at most value.Length bytes during the call.
        fixed (byte* n = Bytes(name), v = value)
        {
            return Call(193, descriptor, (nint)n, (nint)v, value.Length);
        }
    }

    public static long fremovexattr(int descriptor, string name)
    {
        // SAFETY: the kernel reads the name during the call only.
        fixed (byte* n = Bytes(name))
        {
            return Call(199, descriptor, (nint)n);
        }
    }

    /// <summary>The address, or -errno.</summary>
    public static long mmap(int descriptor, long length, int protection, int flags, long offset = 0) =>
        Call(9, 0, (nint)length, protection, flags, descriptor, (nint)offset);

    public static long munmap(long address, long length) => Call(11, (nint)address, (nint)length);
    public static long msync(long address, long length, int flags) => Call(26, (nint)address, (nint)length, flags);
}
