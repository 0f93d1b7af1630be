using System.Buffers;
using System.Buffers.Binary;

namespace Hearth.Protocol.Link;

/// <summary>
/// One stream of a link: a full-duplex byte stream with half-close. One reader and one writer at a time. A write blocks
/// until the peer has room; a read until there is something, the peer closed (0) or the stream was reset (an error).
/// </summary>
public sealed partial class LinkStream : Stream, IHalfClose
{
    private readonly LinkConnection _link;
    private readonly Lock _lock = new();
    private readonly Queue<(byte[] Buffer, int Length)> _received = [];
    private int _headOffset;
    private int _unread;
    private int _ungranted;
    private long _sendCredit = LinkConnection.WindowBytes;
    private bool _peerClosed;
    private bool _closed;
    private bool _disposed;
    private LinkException? _failure;
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;
    private Action? _broken;

    internal LinkStream(LinkConnection link, uint id, uint port, int life)
    {
        Life = life;
        _link = link;
        Id = id;
        Port = port;
    }

    public uint Id { get; }

    public uint Port { get; }

    /// <summary>The link's life that it was opened in.</summary>
    internal int Life { get; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Sends end of file to the peer; reading goes on.</summary>
    public void CloseWrite()
    {
        lock (_lock)
        {
            if (_closed || _failure is not null)
            {
                return;
            }

            _closed = true;
        }

        _link.Send(LinkFrameType.Close, Id, [], Life);
        ForgetWhenOver();
    }

    /// <summary>
    /// Waits until a read would return at once with bytes or with the end. False when it would fail, without an exception: a guest that
    /// goes on from a saved state finds all its streams failed, and the first exception takes it 15 ms under emulation.
    /// </summary>
    public bool WaitReadable()
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_received.Count > 0 || _peerClosed)
                {
                    return true;
                }

                if (_failure is not null)
                {
                    return false;
                }

                wait = (_readable ??= NewSignal()).Task;
            }

            wait.GetAwaiter().GetResult();
        }
    }

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (TryTake(buffer, out int taken))
                {
                    return Granted(taken);
                }

                wait = (_readable ??= NewSignal()).Task;
            }

            wait.GetAwaiter().GetResult();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (TryTake(buffer.Span, out int taken))
                {
                    return Granted(taken);
                }

                wait = (_readable ??= NewSignal()).Task;
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int part = Reserve(buffer.Length, out Task? wait);
            if (wait is not null)
            {
                wait.GetAwaiter().GetResult();
                continue;
            }

            _link.Send(LinkFrameType.Data, Id, buffer[..part], Life);
            buffer = buffer[part..];
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            int part = Reserve(buffer.Length, out Task? wait);
            if (wait is not null)
            {
                await wait.WaitAsync(cancellationToken);
                continue;
            }

            _link.Send(LinkFrameType.Data, Id, buffer.Span[..part], Life);
            buffer = buffer[part..];
        }
    }

    /// <summary>
    /// Writes bytes that stand in <paramref name="buffer"/> behind <see cref="LinkFrame.HeaderBytes"/> others: they go out
    /// where they stand, without a copy. The buffer is as before afterwards, also when the write fails, so that it can be sent again.
    /// </summary>
    public void WriteInPlace(byte[] buffer, int start, int length)
    {
        while (length > 0)
        {
            int part = Reserve(length, out Task? wait);
            if (wait is not null)
            {
                wait.GetAwaiter().GetResult();
                continue;
            }

            // A header covers what the frame before it has sent.
            Span<byte> room = buffer.AsSpan(start - LinkFrame.HeaderBytes, LinkFrame.HeaderBytes);
            ulong covered = BinaryPrimitives.ReadUInt64LittleEndian(room);
            try
            {
                _link.SendInPlace(LinkFrameType.Data, Id, buffer, start, part, Life);
            }
            finally
            {
                BinaryPrimitives.WriteUInt64LittleEndian(room, covered);
            }

            start += part;
            length -= part;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        bool reset;
        TaskCompletionSource? read, write;
        lock (_lock)
        {
            reset = !_disposed && _failure is null && !(_closed && _peerClosed);
            _disposed = true;
            _failure ??= new LinkException("The stream was closed.");
            foreach ((byte[] buffer, _) in _received)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            _received.Clear();
            read = TakeSignal(ref _readable);
            write = TakeSignal(ref _writable);
        }

        read?.SetResult();
        write?.SetResult();
        _link.Forget(Id);
        if (reset)
        {
            try
            {
                _link.SendNumber(LinkFrameType.Reset, Id, (uint)LinkResetReason.Cancelled, Life);
            }
            catch (LinkException)
            {
                // The link went first; there is nobody left to tell.
            }
        }

        base.Dispose(disposing);
    }

    /// <summary>Takes what there is. Invariant: called under <see cref="_lock"/>. Received bytes come before any failure.</summary>
    private bool TryTake(Span<byte> destination, out int taken)
    {
        taken = 0;
        while (taken < destination.Length && _received.TryPeek(out (byte[] Buffer, int Length) head))
        {
            int part = Math.Min(head.Length - _headOffset, destination.Length - taken);
            head.Buffer.AsSpan(_headOffset, part).CopyTo(destination[taken..]);
            taken += part;
            _headOffset += part;
            if (_headOffset == head.Length)
            {
                ArrayPool<byte>.Shared.Return(head.Buffer);
                _received.Dequeue();
                _headOffset = 0;
            }
        }

        if (taken > 0)
        {
            _unread -= taken;
            _ungranted += taken;
            return true;
        }

        if (_peerClosed || destination.Length == 0)
        {
            return true;
        }

        return _failure is null ? false : throw new LinkException(_failure.Message, _failure);
    }

    /// <summary>Grants credit in halves of the window: one small frame per 128 KiB. Not under the lock: sending may block.</summary>
    private int Granted(int taken)
    {
        uint grant = 0;
        lock (_lock)
        {
            if (_ungranted >= LinkConnection.WindowBytes / 2 && !_peerClosed && _failure is null)
            {
                grant = (uint)_ungranted;
                _ungranted = 0;
            }
        }

        if (grant > 0)
        {
            try
            {
                _link.Grant(Id, grant, Life);
            }
            catch (LinkException)
            {
                // The bytes in hand are good all the same; the next read reports the end.
            }
        }

        return taken;
    }

    private int Reserve(int wanted, out Task? wait)
    {
        wait = null;
        lock (_lock)
        {
            if (_failure is not null)
            {
                throw new LinkException(_failure.Message, _failure);
            }

            if (_closed)
            {
                throw new InvalidOperationException("The stream's writing side is closed.");
            }

            if (_sendCredit == 0)
            {
                wait = (_writable ??= NewSignal()).Task;
                return 0;
            }

            int part = (int)Math.Min(Math.Min(wanted, LinkFrame.MaxPayloadBytes), _sendCredit);
            _sendCredit -= part;
            return part;
        }
    }

    private void ForgetWhenOver()
    {
        bool over;
        lock (_lock)
        {
            over = _closed && _peerClosed;
        }

        if (over)
        {
            _link.Forget(Id);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource? TakeSignal(ref TaskCompletionSource? signal)
    {
        TaskCompletionSource? taken = signal;
        signal = null;
        return taken;
    }
}
