using System.Buffers;

namespace Hearth.Protocol.Link;

/// <summary>What the link's reader tells a stream.</summary>
public sealed partial class LinkStream
{
    /// <summary>
    /// Has <paramref name="act"/> called once when the peer resets the stream or the link ends; at once when that is so already.
    /// For whoever waits for something else meanwhile. It is called by the link's reader, and so must not wait for anything.
    /// </summary>
    public void OnBroken(Action act)
    {
        lock (_lock)
        {
            if (_failure is null)
            {
                _broken = act;
                return;
            }
        }

        act();
    }

    internal void OnData(ReadOnlySpan<byte> payload)
    {
        TaskCompletionSource? signal;
        lock (_lock)
        {
            if (_failure is not null || _disposed || payload.Length == 0)
            {
                return;
            }

            if (_peerClosed || _unread + payload.Length > LinkConnection.WindowBytes)
            {
                throw new LinkException($"The peer sent more on stream {Id} than it was given credit for.");
            }

            byte[] copy = ArrayPool<byte>.Shared.Rent(payload.Length);
            payload.CopyTo(copy);
            _received.Enqueue((copy, payload.Length));
            _unread += payload.Length;
            signal = TakeSignal(ref _readable);
        }

        signal?.SetResult();
    }

    internal void OnCredit(uint bytes)
    {
        TaskCompletionSource? signal;
        lock (_lock)
        {
            _sendCredit = Math.Min(_sendCredit + bytes, LinkConnection.WindowBytes);
            signal = TakeSignal(ref _writable);
        }

        signal?.SetResult();
    }

    internal void OnClose()
    {
        TaskCompletionSource? signal;
        lock (_lock)
        {
            _peerClosed = true;
            signal = TakeSignal(ref _readable);
        }

        signal?.SetResult();
        ForgetWhenOver();
    }

    internal void OnReset(LinkResetReason reason)
    {
        _link.Forget(Id);
        OnEnded(new LinkException(reason switch
        {
            LinkResetReason.Refused => $"Nobody listens on port {Port} of the link.",
            LinkResetReason.ProtocolError => $"The peer reset stream {Id}: protocol error.",
            _ => $"The peer reset stream {Id}.",
        }));
    }

    internal void OnEnded(LinkException reason)
    {
        TaskCompletionSource? read, write;
        Action? broken;
        lock (_lock)
        {
            _failure ??= reason;
            read = TakeSignal(ref _readable);
            write = TakeSignal(ref _writable);
            broken = _broken;
            _broken = null;
        }

        read?.SetResult();
        write?.SetResult();
        broken?.Invoke();
    }
}
