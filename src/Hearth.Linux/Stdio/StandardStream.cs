using System.Runtime.InteropServices;

namespace Hearth.Linux.Stdio;

/// <summary>
/// A standard descriptor as a stream of read(2) and write(2). The runtime's own streams do not fit a program that passes bytes
/// on: the console's swallow EPIPE, and a file's keep a position of their own, so that two of them on one file overwrite each other.
/// </summary>
/// <remarks>Writes block, which is the back-pressure. Reads block a thread of their own, so that an idle input costs no thread of the pool.</remarks>
public sealed class StandardStream(int descriptor, string name) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override unsafe int Read(Span<byte> buffer)
    {
        while (true)
        {
            nint got;

            // SAFETY: the span is pinned for the call and read(2) writes at most its length.
            fixed (byte* start = buffer)
            {
                got = Libc.read_bytes(descriptor, start, (nuint)buffer.Length);
            }

            if (got >= 0)
            {
                return (int)got;
            }

            WaitOrThrow("read", Libc.POLLIN);
        }
    }

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            nint put;

            // SAFETY: the span is pinned for the call and write(2) reads at most its length.
            fixed (byte* start = buffer)
            {
                put = Libc.write_bytes(descriptor, start, (nuint)buffer.Length);
            }

            if (put >= 0)
            {
                buffer = buffer[(int)put..];
                continue;
            }

            WaitOrThrow("write", Libc.POLLOUT);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Not cancellable once it waits: read(2) on a standard descriptor ends with bytes, end of file or the process.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Factory.StartNew(
            () => Read(buffer.Span), cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>EINTR: again. EAGAIN, when somebody else made the shared descriptor non-blocking: once it is ready.</summary>
    private void WaitOrThrow(string call, short events)
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno == Libc.EAGAIN)
        {
            var poll = new Libc.pollfd { fd = descriptor, events = events };
            _ = Libc.poll_one(ref poll, 1, -1);
        }
        else if (errno != Libc.EINTR)
        {
            throw new ErrnoException(call, errno, name);
        }
    }
}
