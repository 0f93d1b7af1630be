using System.Buffers.Binary;

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
// Whoever wants to send while frozen waits for the thaw, outside of the send lock; but for credit, which is noted and sent with
// the thaw: it is a reader who grants it, and a reader has to get on with what came before the freeze, perhaps the last there is. A restore begins a new life: a frame of a
// stream that belongs to a former one is refused under the lock, also when its sender had its turn only now; it must not
// pass for sent, since nobody gets it. A Hello with the epoch that the link has is a repetition and is ignored. Only the
// host freezes; a guest that asks for it, or answers unasked, ends the link. The guest's answers are written by its reader
// thread, which is safe on that side alone: the host's reader never waits, so there is always room in the end.

/// <content>Freezing for a snapshot, and restoring.</content>
public sealed partial class LinkConnection
{
    /// <summary>Not null while frozen; completes with the thaw, the restore or the link's end. Guarded by <see cref="_sendLock"/>.</summary>
    private TaskCompletionSource? _thawing;

    /// <summary>Counts restores, and the link's end. Changes under <see cref="_sendLock"/>.</summary>
    private volatile int _life;

    /// <summary>Credit to send with the thaw: stream and bytes. Guarded by <see cref="_sendLock"/>.</summary>
    private readonly List<(uint Stream, uint Bytes)> _grants = [];

    private TaskCompletionSource? _freezing;

    /// <summary>How many Freezes the guest has not answered: one whose caller gave up is answered late, and before the next.</summary>
    private int _answersDue;
    private ulong? _peerEpoch;

    /// <summary>Which life a new stream belongs to.</summary>
    internal int Life => _life;

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
            if (_thawing is not null)
            {
                throw new InvalidOperationException("The link is frozen already.");
            }

            Volatile.Write(ref _freezing, freezing);
            _thawing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Increment(ref _answersDue);
            WriteOrEnd(LinkFrameType.Freeze, 0, []);
        }

        return freezing.Task;
    }

    /// <summary>Host: lets both sides send again.</summary>
    public void Thaw()
    {
        lock (_sendLock)
        {
            Volatile.Write(ref _freezing, null);
            if (_thawing is not null && _failure is null)
            {
                WriteOrEnd(LinkFrameType.Thaw, 0, []);
                SendGrants();
            }

            Release();
        }
    }

    /// <summary>Lets the peer send more on a stream; never waits for a thaw.</summary>
    /// <exception cref="LinkException">The link has ended, or a restore ended the stream.</exception>
    internal void Grant(uint stream, uint bytes, int life)
    {
        lock (_sendLock)
        {
            if (RequireLife(life) is not null)
            {
                _grants.Add((stream, bytes));
                return;
            }

            SendCredit(stream, bytes);
        }
    }

    private void SendCredit(uint stream, uint bytes)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, bytes);
        WriteOrEnd(LinkFrameType.Credit, stream, payload);
    }

    /// <summary>What to wait for before sending; null when the way is free. Preconditions: under <see cref="_sendLock"/>.</summary>
    /// <exception cref="LinkException">The guest was restored meanwhile, or the link ended.</exception>
    private Task? RequireLife(int life) =>
        life == _life ? _thawing?.Task : throw new LinkException("The stream ended while it waited: the guest was restored, or is gone.");

    /// <summary>Preconditions: under <see cref="_sendLock"/>.</summary>
    private void SendGrants()
    {
        foreach ((uint stream, uint bytes) in _grants)
        {
            SendCredit(stream, bytes);
        }
    }

    /// <summary>Lets those go on who wait. Preconditions: under <see cref="_sendLock"/>.</summary>
    private void Release()
    {
        _grants.Clear();
        _thawing?.TrySetResult();
        _thawing = null;
    }

    private void OnFreeze()
    {
        if (_isHost)
        {
            throw new LinkException("The guest wants to freeze the host.");
        }

        lock (_sendLock)
        {
            _thawing ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            WriteOrEnd(LinkFrameType.Frozen, 0, []);
        }
    }

    private void OnFrozen()
    {
        int due = Interlocked.Decrement(ref _answersDue);
        if (due < 0)
        {
            throw new LinkException("The guest froze unasked.");
        }

        if (due == 0)
        {
            Volatile.Read(ref _freezing)?.TrySetResult();
        }
    }

    private void OnThaw()
    {
        if (_isHost)
        {
            throw new LinkException("The guest wants to thaw the host.");
        }

        lock (_sendLock)
        {
            SendGrants();
            Release();
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
            _life++;
            WriteOrEnd(LinkFrameType.Hello, 0, payload);
            Release();
        }

        Restored?.Invoke();
    }

    /// <summary>
    /// The link has ended: whoever waits for the thaw has to know. While frozen nobody holds the lock for long; while it is
    /// not, nobody waits, and a writer that is stuck in the pipe may hold it.
    /// </summary>
    private void ReleaseFrozen()
    {
        Volatile.Read(ref _freezing)?.TrySetException(new LinkException("The link ended while it was frozen."));
        if (Volatile.Read(ref _thawing) is not null)
        {
            lock (_sendLock)
            {
                _life++;
                Release();
            }
        }
    }
}
