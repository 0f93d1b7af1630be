namespace Hearth.Protocol.Link;

// Theory of operation
//
// A guest is saved between two frames, in both directions, with nothing under way: then no byte is lost, none is sent twice,
// and neither side ever has to search for the start of a frame.
//
//   host                                       guest
//   Freeze, then nothing more        ──►       (reads all that was sent before; answers on its reader thread)
//                                    ◄──       Frozen, then nothing more
//   the VM is stopped, saved …
//   Thaw                             ──►       … the source: goes on, with all its streams
//   Hello with a new epoch           ──►       … a copy: its streams end with "restored", and Hello with that epoch is its
//                                    ◄──       first frame: the acknowledgement
//
// Whoever wants to send while frozen waits inside Send. Those who waited across a restore fail: their streams are gone. A
// Hello with the epoch that the link has is a repetition and is ignored. Only the host freezes; a guest that asks for it, or
// answers unasked, ends the link. The guest's answers are written by its reader thread, which is safe on that side alone:
// the host's reader never waits, so there is always room in the end.

/// <content>Freezing for a snapshot, and restoring.</content>
public sealed partial class LinkConnection
{
    // Guarded by _sendLock.
    private volatile bool _frozen;
    private int _lives;

    private TaskCompletionSource? _freezing;
    private ulong? _peerEpoch;

    /// <summary>Called on the reader thread of a guest that was restored, when the host's Hello has been answered.</summary>
    public Action? Restored { get; set; }

    /// <summary>
    /// Host: silences both directions. Sending stands still from here to <see cref="Thaw"/>. May block while the guest does not
    /// read; when it throws, <see cref="Thaw"/> is still to be called.
    /// </summary>
    /// <exception cref="LinkException">The link has ended.</exception>
    public Task FreezeAsync()
    {
        TaskCompletionSource freezing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_sendLock)
        {
            ThrowIfEnded();
            WaitWhileFrozen();
            Volatile.Write(ref _freezing, freezing);
            WriteOrEnd(LinkFrameType.Freeze, []);
            _frozen = true;
        }

        return freezing.Task;
    }

    /// <summary>Host: lets both sides send again.</summary>
    public void Thaw()
    {
        lock (_sendLock)
        {
            Volatile.Write(ref _freezing, null);
            if (_frozen && _failure is null)
            {
                WriteOrEnd(LinkFrameType.Thaw, []);
            }

            _frozen = false;
            Monitor.PulseAll(_sendLock);
        }
    }

    /// <summary>Preconditions: under <see cref="_sendLock"/>.</summary>
    /// <exception cref="LinkException">The guest was restored meanwhile, or the link ended.</exception>
    private void WaitWhileFrozen()
    {
        int life = _lives;
        while (_frozen)
        {
            Monitor.Wait(_sendLock);
        }

        if (life != _lives)
        {
            throw new LinkException("The link's streams ended while this one waited: the guest was restored, or is gone.");
        }
    }

    private void OnFreeze()
    {
        if (_isHost)
        {
            throw new LinkException("The guest wants to freeze the host.");
        }

        lock (_sendLock)
        {
            Write(LinkFrameType.Frozen, 0, []);
            _frozen = true;
        }
    }

    private void OnFrozen()
    {
        TaskCompletionSource freezing = Volatile.Read(ref _freezing) ?? throw new LinkException("The guest froze unasked.");
        freezing.TrySetResult();
    }

    private void OnThaw()
    {
        if (_isHost)
        {
            throw new LinkException("The guest wants to thaw the host.");
        }

        lock (_sendLock)
        {
            _frozen = false;
            Monitor.PulseAll(_sendLock);
        }
    }

    /// <summary>The guest was restored: nobody knows its streams any more.</summary>
    private void OnAnotherHello(LinkHello hello)
    {
        if (_isHost)
        {
            throw new LinkException("The guest said Hello twice.");
        }

        if (hello.Epoch == _peerEpoch)
        {
            return;
        }

        FailStreams(new LinkException("The guest was restored."));
        Span<byte> payload = stackalloc byte[LinkHello.Bytes];
        new LinkHello(LinkHello.CurrentVersion, hello.Epoch, WindowBytes).Write(payload);
        lock (_sendLock)
        {
            Write(LinkFrameType.Hello, 0, payload);
            _lives++;
            _frozen = false;
            Monitor.PulseAll(_sendLock);
        }

        Restored?.Invoke();
    }

    /// <summary>The link has ended: whoever waits to send has to know. While frozen nobody holds the lock for long.</summary>
    private void ReleaseFrozen()
    {
        Volatile.Read(ref _freezing)?.TrySetException(new LinkException("The link ended while it was frozen."));
        if (!_frozen)
        {
            return;
        }

        lock (_sendLock)
        {
            _lives++;
            _frozen = false;
            Monitor.PulseAll(_sendLock);
        }
    }

    private void WriteOrEnd(LinkFrameType type, ReadOnlySpan<byte> payload)
    {
        try
        {
            Write(type, 0, payload);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw new LinkException("The link to the peer has ended.", e);
        }
    }
}
