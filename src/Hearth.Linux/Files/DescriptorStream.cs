using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>
/// Plain blocking read(2) and write(2) on a descriptor: pipes, terminals, character devices. One reader and one writer
/// at a time. (FileStream seeks, locks and buffers, which these do not like.)
/// </summary>
public class DescriptorStream(SafeFileHandle handle) : Stream
{
    public SafeFileHandle Handle { get; } = handle;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Bytes read; 0 at the end; -EAGAIN or -EIO (a terminal whose other end is gone) as negative numbers.</summary>
    /// <exception cref="ErrnoException">Any other error.</exception>
    public unsafe int TryRead(Span<byte> buffer)
    {
        while (true)
        {
            nint got = -1;
            fixed (byte* start = buffer)
            {
                got = Libc.read(Handle, start, buffer.Length);
            }

            if (got >= 0)
            {
                return (int)got;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.EAGAIN or Errno.EIO)
            {
                return -errno;
            }

            if (errno != Errno.EINTR)
            {
                throw new ErrnoException("read", errno, "a descriptor");
            }
        }
    }

    public override int Read(Span<byte> buffer)
    {
        int got = TryRead(buffer);
        return got >= 0 ? got : throw new ErrnoException("read", -got, "a descriptor");
    }

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            nint put = -1;
            fixed (byte* start = buffer)
            {
                put = Libc.write(Handle, start, buffer.Length);
            }

            if (put >= 0)
            {
                buffer = buffer[(int)put..];
            }
            else if (Marshal.GetLastPInvokeError() is var errno and not Errno.EINTR)
            {
                throw new ErrnoException("write", errno, "a descriptor");
            }
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Handle.Dispose();
        base.Dispose(disposing);
    }
}
