using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Hearth.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>Files with holes.</summary>
public static class SparseFile
{
    private const int SEEK_DATA = 3; // lseek(2)
    private const int SEEK_HOLE = 4;
    private const int CopyBytes = 1 << 20;

    /// <summary>
    /// Copies a file, sharing its blocks where the file system can (FICLONE, ioctl_ficlone(2)), else only what is not a hole.
    /// </summary>
    /// <param name="source">The file.</param>
    /// <param name="destination">Must not exist; mode 0600.</param>
    public static void Copy(string source, string destination)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using SafeFileHandle from = File.OpenHandle(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using FileStream to = new(destination, options);
        if (!TryClone(from, to.SafeFileHandle))
        {
            to.SetLength(RandomAccess.GetLength(from));
            CopyData(from, to.SafeFileHandle);
        }
    }

    /// <summary>Copies everything that is not a hole to the same place in another file.</summary>
    public static void CopyData(SafeFileHandle source, SafeFileHandle destination)
    {
        using ReadyMemory memory = new(CopyBytes); // An array so large would stay in the heap of a supervisor for its life.
        Span<byte> buffer = memory.Span;
        foreach ((long offset, long length) in DataRuns(source))
        {
            for (long at = offset; at < offset + length;)
            {
                int got = RandomAccess.Read(source, buffer[..(int)Math.Min(buffer.Length, offset + length - at)], at);
                if (got == 0)
                {
                    return;
                }

                RandomAccess.Write(destination, buffer[..got], at);
                at += got;
            }
        }
    }

    /// <summary>What is not a hole, in order (lseek(2), SEEK_DATA and SEEK_HOLE). The file's position moves.</summary>
    public static IEnumerable<(long Offset, long Length)> DataRuns(SafeFileHandle file)
    {
        long length = RandomAccess.GetLength(file);
        for (long at = 0; at < length;)
        {
            long data = Libc.lseek((int)file.DangerousGetHandle(), at, SEEK_DATA);
            if (data < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.ENXIO)
                {
                    yield break; // Only a hole is left.
                }

                throw new ErrnoException("lseek", errno, "SEEK_DATA");
            }

            at = Libc.lseek((int)file.DangerousGetHandle(), data, SEEK_HOLE);
            yield return (data, at - data);
        }
    }

    private static bool TryClone(SafeFileHandle source, SafeFileHandle destination) =>
        Libc.ioctl_number((int)destination.DangerousGetHandle(), Ioctls.FICLONE, (nint)source.DangerousGetHandle()) == 0;
}
