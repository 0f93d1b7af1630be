using System.Buffers.Binary;
using System.Net.Sockets;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Server;
using Hearth.Protocol.Shares;

namespace Hearth.Engine.Shares;

// Theory of operation
//
// Threads take turns in leading: the leader reads a message. When it can be served in microseconds and nothing else has come, the
// leader serves it and goes on leading: no other thread is woken, which costs more than most requests do. When the message is
// one that may take long, or more have come, it passes the lead on and serves meanwhile. So no request waits for another's
// disk, and a port has as many threads as it once had requests at the same time, MaxThreads at most: beyond that nobody
// reads, the port fills, and the guest waits.
//
// The guest may send anything. What is no frame ends the serving of this port: nothing behind it can be told apart.

/// <summary>Serves what comes on one port.</summary>
internal sealed class SharePortServer(Socket port, IReadOnlyList<ServedShare> shares, Action noticeTaken) : IDisposable
{
    private const int MaxThreads = 16;
    private const int MaxFrameBytes = ShareFrame.HeaderBytes + ShareFrame.MaxMessageBytes;
    private const int StackBytes = 256 * 1024;
    private static readonly TimeSpan s_endBound = TimeSpan.FromSeconds(30);

    private readonly Lock _sending = new();
    private readonly Lock _counting = new();
    private readonly object _turn = new();
    private readonly SemaphoreSlim _lead = new(1, 1);
    private readonly PortInput _input = new(port);
    private readonly List<Thread> _threads = [];
    private int _waiting;
    private int _serving;
    private TaskCompletionSource? _still;
    private volatile bool _ended;

    public void Start() => AddThread();

    /// <summary>Completes when the guest says next that nothing is under way, and nothing is here either.</summary>
    public Task StillAsync()
    {
        lock (_counting)
        {
            _still = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _still.Task;
        }
    }

    /// <summary>Sends a frame.</summary>
    public void Send(ReadOnlySpan<byte> frame)
    {
        lock (_sending)
        {
            while (frame.Length > 0)
            {
                frame = frame[port.Send(frame)..];
            }
        }
    }

    public void Dispose()
    {
        _ended = true;
        Thread[] threads;
        lock (_counting)
        {
            threads = [.. _threads];
        }

        foreach (Thread thread in threads)
        {
            _ = thread.Join(s_endBound);
        }

        _lead.Dispose();
    }

    private void AddThread()
    {
        Thread thread = new(Serve, StackBytes) { IsBackground = true, Name = "hearth: share" };
        lock (_counting)
        {
            _threads.Add(thread);
        }

        thread.Start();
    }

    private void Serve()
    {
        ServerThread.Prepare();
        byte[] message = GC.AllocateUninitializedArray<byte>(MaxFrameBytes, pinned: true);
        byte[] answer = GC.AllocateUninitializedArray<byte>(MaxFrameBytes, pinned: true);
        try
        {
            while (!_ended)
            {
                TakeLead();
                LeadUntilPassed(message, answer);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            _ended = true; // The guest is gone, or it sent what is no message.
            PassLead();
        }
    }

    private void LeadUntilPassed(byte[] message, byte[] answer)
    {
        while (true)
        {
            if (_ended)
            {
                PassLead();
                return;
            }

            ShareFrame frame = _input.Read(message);
            if (frame.Kind == ShareFrameKind.Still)
            {
                WaitUntilStill();
                continue;
            }

            BeginServing();
            bool passes = !IsForgetting(frame, message) && (_input.HasMore || MayTakeLong(frame, message));
            if (passes)
            {
                PassLead();
            }

            Answer(frame, message.AsSpan(0, frame.Length), answer);
            EndServing();
            if (passes)
            {
                return;
            }
        }
    }

    private void Answer(ShareFrame frame, ReadOnlySpan<byte> message, byte[] answer)
    {
        if (frame.Kind == ShareFrameKind.NoticeTaken)
        {
            noticeTaken();
            return;
        }

        if (frame.Share >= shares.Count || frame.Kind == ShareFrameKind.Notice)
        {
            throw new IOException("the guest named a share that it does not have");
        }

        ServedShare share = shares[frame.Share];
        if (frame.Kind == ShareFrameKind.Owner)
        {
            if (message.Length < 2 * sizeof(uint))
            {
                throw new IOException("the guest sent an owner that is none");
            }

            share.SetOwner(BinaryPrimitives.ReadUInt32LittleEndian(message), BinaryPrimitives.ReadUInt32LittleEndian(message[sizeof(uint)..]));
            return;
        }

        int length = share.Server?.Handle(message, answer.AsSpan(ShareFrame.HeaderBytes)) ?? -1;
        if (length < 0)
        {
            throw new IOException("the guest sent what is no message");
        }

        if (length > 0)
        {
            new ShareFrame(frame.Share, ShareFrameKind.Fuse, length).Write(answer);
            Send(answer.AsSpan(0, ShareFrame.HeaderBytes + length));
        }
    }

    /// <summary>What is done in no time and answered to nobody: another thread would wake for less than the waking takes.</summary>
    private static bool IsForgetting(ShareFrame frame, ReadOnlySpan<byte> message) =>
        frame.Kind == ShareFrameKind.Fuse && frame.Length >= 2 * sizeof(uint)
        && (FuseOperation)BinaryPrimitives.ReadUInt32LittleEndian(message[sizeof(uint)..]) is FuseOperation.Forget;

    /// <summary>What waits for a disk more often than not, or copies much.</summary>
    private static bool MayTakeLong(ShareFrame frame, ReadOnlySpan<byte> message)
    {
        const int Quick = 64 << 10;
        const int OperationAt = 4;
        const int ReadSizeAt = 40 + 16;
        if (frame.Kind != ShareFrameKind.Fuse || frame.Length < ReadSizeAt + sizeof(uint))
        {
            return false;
        }

        return (FuseOperation)BinaryPrimitives.ReadUInt32LittleEndian(message[OperationAt..]) switch
        {
            FuseOperation.FSync or FuseOperation.FSyncDir or FuseOperation.SyncFs or FuseOperation.CopyFileRange or FuseOperation.FAllocate => true,
            FuseOperation.Write => frame.Length > Quick,
            FuseOperation.Read => BinaryPrimitives.ReadUInt32LittleEndian(message[ReadSizeAt..]) > Quick,
            _ => false,
        };
    }

    private void BeginServing()
    {
        lock (_turn)
        {
            _serving++;
        }
    }

    private void EndServing()
    {
        lock (_turn)
        {
            if (--_serving == 0)
            {
                Monitor.PulseAll(_turn);
            }
        }
    }

    /// <summary>By who leads: nothing else comes meanwhile, and what others serve ends.</summary>
    private void WaitUntilStill()
    {
        lock (_turn)
        {
            while (_serving > 0)
            {
                _ = Monitor.Wait(_turn);
            }
        }

        lock (_counting)
        {
            _still?.TrySetResult();
        }
    }

    private void TakeLead()
    {
        Interlocked.Increment(ref _waiting);
        _lead.Wait();
        Interlocked.Decrement(ref _waiting);
    }

    private void PassLead()
    {
        _lead.Release();
        bool isShort;
        lock (_counting)
        {
            isShort = !_ended && Volatile.Read(ref _waiting) == 0 && _threads.Count < MaxThreads;
        }

        if (isShort)
        {
            AddThread();
        }
    }
}
