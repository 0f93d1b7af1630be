using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Guest;

/// <summary>/dev/fuse (fuse(4)): a connection between the kernel and whoever serves a file system.</summary>
public static unsafe class FuseDevice
{
    private const string Path = "/dev/fuse";

    /// <summary>Bytes of the header before each request.</summary>
    public const int RequestHeaderBytes = 40;

    /// <summary>Bytes of the header before each answer.</summary>
    public const int AnswerHeaderBytes = 16;

    /// <summary>A descriptor to mount with.</summary>
    public static SafeFileHandle Open() => OpenDevice();

    /// <summary>A further queue of a connection that is mounted: answers are given where their requests were read (FUSE_DEV_IOC_CLONE).</summary>
    public static SafeFileHandle Clone(SafeFileHandle connection)
    {
        SafeFileHandle queue = OpenDevice();
        uint source = (uint)connection.DangerousGetHandle();
        if (Libc.ioctl((int)queue.DangerousGetHandle(), FuseNumbers.FUSE_DEV_IOC_CLONE, &source) == 0)
        {
            return queue;
        }

        ErrnoException failure = ErrnoException.FromLastError("ioctl FUSE_DEV_IOC_CLONE", Path);
        queue.Dispose();
        throw failure;
    }

    /// <summary>Waits for a request and reads it.</summary>
    /// <returns>Its bytes; 0 when the file system was unmounted.</returns>
    public static int Read(SafeFileHandle queue, Span<byte> buffer)
    {
        fixed (byte* target = buffer)
        {
            while (true)
            {
                nint read = Libc.read(queue, target, buffer.Length);
                if (read > 0)
                {
                    return (int)read;
                }

                // ENOENT: the request was interrupted before it was read.
                int errno = Marshal.GetLastPInvokeError();
                if (read == 0 || errno is not (Errno.EINTR or Errno.EAGAIN or Errno.ENOENT))
                {
                    return read == 0 || errno == Errno.ENODEV ? 0 : throw new ErrnoException("read", errno, Path);
                }
            }
        }
    }

    /// <summary>Gives an answer, or tells the kernel something.</summary>
    /// <returns>errno(3); ENOENT: nobody waits for it any more.</returns>
    public static int Write(SafeFileHandle queue, ReadOnlySpan<byte> message)
    {
        fixed (byte* source = message)
        {
            return Libc.write(queue, source, message.Length) >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>What a request asks for and which file it is about; the request has to be whole.</summary>
    public static (uint Operation, ulong Unique, ulong Node) Describe(ReadOnlySpan<byte> request)
    {
        FuseMessages.fuse_in_header header = MemoryMarshal.Read<FuseMessages.fuse_in_header>(request);
        return (header.opcode, header.unique, header.nodeid);
    }

    /// <summary>An answer that says "done" and nothing else.</summary>
    public static void WriteDone(Span<byte> answer, ulong unique)
    {
        FuseMessages.fuse_out_header header = new() { len = AnswerHeaderBytes, unique = unique };
        MemoryMarshal.Write(answer, in header);
    }

    private static SafeFileHandle OpenDevice()
    {
        int fd = Libc.open_path(Path, Fcntl.O_RDWR | Fcntl.O_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", Path);
    }
}
