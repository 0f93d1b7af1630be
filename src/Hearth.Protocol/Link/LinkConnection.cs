using System.Buffers.Binary;

namespace Hearth.Protocol.Link;

// Theory of operation
//
// One byte pipe (a virtio-serial port; any Stream) carries many streams. Each direction of a stream has credit: a sender
// may have at most the receiver's window of unread bytes under way, so the reader thread can always put what arrives into
// the stream's queue and never waits for a consumer. Hence a stalled stream never blocks another, and memory is bounded by
// streams x window; the number of streams that a peer may open is bounded too.
//
// Threads: one reader thread owns the receiving half. Senders write whole frames under _sendLock from whatever thread they
// are on; that write may block while the pipe is full, which is bounded by the peer's reader, which never waits.
//
// Order of locks: a stream's own lock, then _sendLock. The reader takes _streams' lock alone.
//
// States of a stream: open in both directions -> half closed by Close from either side -> gone when both have closed;
// Reset from either side ends both at once. Frames for a stream that is gone are dropped: they crossed its end.
//
// Freezing and restoring: see LinkConnection.Freeze.cs.

/// <summary>The multiplexer over one byte pipe between a supervisor and its agent.</summary>
public sealed partial class LinkConnection : IDisposable
{
    /// <summary>Bytes that may be unread on one direction of a stream. 256 KiB keeps the pipe busy for 2 ms at 128 MB/s.</summary>
    public const int WindowBytes = 256 * 1024;

    /// <summary>Most streams that a peer may have opened at once; one that opens more is broken or hostile.</summary>
    public const int MaxPeerStreams = 1024;

    /// <summary>The same for a guest: it opens one stream for its events, so that what it can make the host keep is 4 MiB.</summary>
    public const int MaxGuestStreams = 16;

    private readonly Stream _pipe;
    private readonly byte[] _sendBuffer = new byte[LinkFrame.HeaderBytes + LinkFrame.MaxPayloadBytes];
    private readonly Lock _sendLock = new();
    private readonly Dictionary<uint, LinkStream> _streams = [];
    private readonly Dictionary<uint, Action<LinkStream>> _listeners = [];
    private readonly TaskCompletionSource<LinkHello> _peerHello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _isHost;
    private readonly Thread _reader;
    private uint _nextStream;
    private int _refusing;
    private Exception? _failure;

    public LinkConnection(Stream pipe, bool isHost, string name)
    {
        _pipe = pipe;
        _isHost = isHost;
        _nextStream = isHost ? 1u : 2u;
        _reader = new Thread(ReadLoop, 256 * 1024) { IsBackground = true, Name = name };
    }

    /// <summary>Completes with the peer's Hello; fails when the pipe ends before.</summary>
    public Task<LinkHello> PeerHello => _peerHello.Task;

    /// <summary>Completes, without an error, when the link has ended for any reason.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Why the link has ended; null while it has not.</summary>
    public Exception? Failure => _failure;

    /// <summary>Handles streams that the peer opens to a port, on the reader thread: hand them on at once. Call before <see cref="Start"/>.</summary>
    public void Listen(uint port, Action<LinkStream> accept) => _listeners.Add(port, accept);

    /// <summary>Starts reading and says Hello.</summary>
    /// <param name="epoch">Unique for each boot and restore.</param>
    public void Start(ulong epoch)
    {
        if (_isHost)
        {
            // A restored guest may still send a frame for a stream of its former life: the numbers of this one differ.
            _nextStream = (uint)(epoch >> 32) | 1;
        }

        Span<byte> payload = stackalloc byte[LinkHello.Bytes];
        new LinkHello(LinkHello.CurrentVersion, epoch, WindowBytes).Write(payload);
        _reader.Start();
        Send(LinkFrameType.Hello, 0, payload, Life);
    }

    /// <summary>Opens a stream to a port of the peer. Does not wait: a refusal shows as a reset on first use.</summary>
    /// <exception cref="LinkException">The link has ended.</exception>
    public LinkStream Connect(uint port)
    {
        LinkStream stream;
        lock (_streams)
        {
            ThrowIfEnded();
            stream = new LinkStream(this, _nextStream, port, Life);
            _nextStream += 2;
            _streams.Add(stream.Id, stream);
        }

        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, port);
        Send(LinkFrameType.Open, stream.Id, payload, stream.Life);
        return stream;
    }

    public void Dispose()
    {
        _pipe.Dispose();
        End(new LinkException("The link was closed."));
    }

    /// <summary>Sends one frame as a single write, so that it stays whole on the pipe. Waits while the link is frozen.</summary>
    /// <exception cref="LinkException">The link has ended, or a restore ended the stream that the frame is for.</exception>
    internal void Send(LinkFrameType type, uint stream, ReadOnlySpan<byte> payload, int life)
    {
        Task? thawed;
        do
        {
            lock (_sendLock)
            {
                thawed = RequireLife(life);
                if (thawed is null)
                {
                    WriteOrEnd(type, stream, payload);
                }
            }

            thawed?.GetAwaiter().GetResult();
        }
        while (thawed is not null);
    }

    /// <summary>The same for a payload at <paramref name="start"/>, behind <see cref="LinkFrame.HeaderBytes"/> bytes for the header.</summary>
    internal void SendInPlace(LinkFrameType type, uint stream, byte[] buffer, int start, int length, int life)
    {
        int frame = start - LinkFrame.HeaderBytes;
        Task? thawed;
        do
        {
            lock (_sendLock)
            {
                thawed = RequireLife(life);
                if (thawed is null)
                {
                    LinkFrame.Write(buffer.AsSpan(frame), type, stream, length);
                    WriteOrEnd(buffer, frame, LinkFrame.HeaderBytes + length);
                }
            }

            thawed?.GetAwaiter().GetResult();
        }
        while (thawed is not null);
    }

    internal void SendNumber(LinkFrameType type, uint stream, uint number, int life)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, number);
        Send(type, stream, payload, life);
    }

    internal void Forget(uint stream)
    {
        lock (_streams)
        {
            _streams.Remove(stream);
        }
    }

    /// <summary>Preconditions: under <see cref="_sendLock"/>. A pipe that fails ends the link.</summary>
    private void WriteOrEnd(LinkFrameType type, uint stream, ReadOnlySpan<byte> payload)
    {
        LinkFrame.Write(_sendBuffer, type, stream, payload.Length);
        payload.CopyTo(_sendBuffer.AsSpan(LinkFrame.HeaderBytes));
        WriteOrEnd(_sendBuffer, 0, LinkFrame.HeaderBytes + payload.Length);
    }

    private void WriteOrEnd(byte[] buffer, int start, int length)
    {
        try
        {
            _pipe.Write(buffer, start, length);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            End(e);
            throw new LinkException("The link to the peer has ended.", e);
        }
    }

    private void ThrowIfEnded()
    {
        if (_failure is not null)
        {
            throw new LinkException("The link to the peer has ended.", _failure);
        }
    }

    private void ReadLoop()
    {
        byte[] header = new byte[LinkFrame.HeaderBytes];
        byte[] payload = new byte[LinkFrame.MaxPayloadBytes];
        try
        {
            using BufferedStream input = new(_pipe, 64 * 1024);
            while (true)
            {
                input.ReadExactly(header);
                if (!LinkFrame.TryRead(header, out LinkFrame frame))
                {
                    throw new LinkException($"The peer sent a frame that cannot be: {Convert.ToHexStringLower(header)}.");
                }

                input.ReadExactly(payload.AsSpan(0, frame.Length));
                Dispatch(frame, payload.AsSpan(0, frame.Length));
            }
        }
#pragma warning disable CA1031 // The loop's root: whatever ended it is carried to every stream.
        catch (Exception e)
#pragma warning restore CA1031
        {
            End(e);
        }
    }

    private void Dispatch(LinkFrame frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
            case LinkFrameType.Hello:
                OnHello(payload);
                return;
            case LinkFrameType.Open:
                OnOpen(frame.Stream, ReadNumber(payload));
                return;
            case LinkFrameType.Freeze:
                OnFreeze();
                return;
            case LinkFrameType.Frozen:
                OnFrozen();
                return;
            case LinkFrameType.Thaw:
                OnThaw();
                return;
            default:
                break;
        }

        LinkStream? stream;
        lock (_streams)
        {
            _streams.TryGetValue(frame.Stream, out stream);
        }

        switch (frame.Type)
        {
            case LinkFrameType.Data:
                stream?.OnData(payload);
                break;
            case LinkFrameType.Credit:
                stream?.OnCredit(ReadNumber(payload));
                break;
            case LinkFrameType.Close:
                stream?.OnClose();
                break;
            default:
                stream?.OnReset((LinkResetReason)ReadNumber(payload));
                break;
        }
    }

    private void OnHello(ReadOnlySpan<byte> payload)
    {
        if (!LinkHello.TryRead(payload, out LinkHello hello) || hello.Version != LinkHello.CurrentVersion)
        {
            throw new LinkException("The peer's Hello is not one of this protocol version; host and guest must come from one build.");
        }

        if (!_peerHello.TrySetResult(hello))
        {
            OnAnotherHello(hello);
        }

        _peerEpoch = hello.Epoch;
    }

    private void OnOpen(uint id, uint port)
    {
        bool fromPeer = id != 0 && (id % 2 == 1) != _isHost;
        LinkStream? stream = null;
        lock (_streams)
        {
            uint parity = id % 2;
            int most = _isHost ? MaxGuestStreams : MaxPeerStreams;
            if (!fromPeer || _streams.ContainsKey(id) || _streams.Keys.Count(k => k % 2 == parity) >= most)
            {
                throw new LinkException($"The peer opened stream {id}, which it may not.");
            }

            if (_listeners.ContainsKey(port))
            {
                stream = new LinkStream(this, id, port, Life);
                _streams.Add(id, stream);
            }
        }

        if (stream is null)
        {
            Refuse(id);
            return;
        }

        _listeners[port](stream);
    }

    /// <summary>Not on the reader thread: sending may block, and the reader never may. A peer that keeps asking is cut off.</summary>
    private void Refuse(uint id)
    {
        if (Interlocked.Increment(ref _refusing) > MaxGuestStreams)
        {
            throw new LinkException("The peer opens streams to ports that do not exist, one after another.");
        }

        int life = Life;
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                try
                {
                    SendNumber(LinkFrameType.Reset, id, (uint)LinkResetReason.Refused, life);
                }
                catch (LinkException)
                {
                    // The link ended first.
                }
                finally
                {
                    Interlocked.Decrement(ref _refusing);
                }
            },
            null);
    }

    private static uint ReadNumber(ReadOnlySpan<byte> payload) =>
        payload.Length == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(payload) : throw new LinkException("The peer sent a frame of the wrong length.");

    private void End(Exception reason)
    {
        lock (_streams)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = reason;
        }

        ReleaseFrozen();
        _peerHello.TrySetException(new LinkException("The link ended before the peer said Hello.", reason));
        _ = _peerHello.Task.Exception; // Observed: not everybody waits for the Hello.
        FailStreams(new LinkException("The link to the peer has ended.", reason));
        _ended.TrySetResult();
    }

    private void FailStreams(LinkException reason)
    {
        LinkStream[] streams;
        lock (_streams)
        {
            streams = [.. _streams.Values];
            _streams.Clear();
        }

        foreach (LinkStream stream in streams)
        {
            stream.OnEnded(reason);
        }
    }
}
