using System.Buffers.Binary;
using Hearth.Core.Errors;
using Hearth.Fuse.Watch;
using Hearth.Protocol.Shares;

namespace Hearth.Engine.Shares;

/// <summary>Tells a guest's kernel what it did not ask for: a few messages at a time, the next when one was taken.</summary>
internal sealed class GuestNotices : IDisposable
{
    /// <summary>Messages that the guest may have and not have taken.</summary>
    private const int Window = 16;

    private readonly SharePortServer _port;
    private readonly SemaphoreSlim _room = new(Window, Window);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _end = new();
    private readonly NotificationQueue _queue;

    public GuestNotices(SharePortServer port)
    {
        _port = port;
        _queue = new NotificationQueue(Deliver);
    }

    /// <summary>Compares all that the guest knows; called when too much had to be told.</summary>
    public Action Overflowed
    {
        init => _queue.Overflowed = value;
    }

    /// <summary>Where a share's server tells the guest.</summary>
    public IGuestKernel Of(int share) => new Destination(_queue, share);

    /// <summary>The guest's kernel has taken one; more than were sent are none of its business.</summary>
    public void Taken()
    {
        try
        {
            _ = _room.Release();
        }
        catch (SemaphoreFullException e)
        {
            throw new IOException("the guest took a notice that it was not sent", e);
        }
    }

    /// <summary>Sends no more, and waits until the guest has taken all that was sent.</summary>
    /// <exception cref="HearthException"><c>guest.no-answer</c>.</exception>
    public async Task HoldAsync(TimeSpan bound, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        for (int i = 0; i < Window; i++)
        {
            if (!await _room.WaitAsync(bound, cancellationToken))
            {
                _room.Release(i);
                _ = _turn.Release();
                throw new HearthException("guest.no-answer", "The VM's kernel did not take what it was told of changes on the host.", "'hearth kill' ends the VM; its console log may say why.");
            }
        }
    }

    public void LetGo()
    {
        if (_turn.CurrentCount == 0)
        {
            _room.Release(Window);
            _ = _turn.Release();
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _queue.Dispose();
        _room.Dispose();
        _turn.Dispose();
        _end.Dispose();
    }

    private void Deliver(byte[] message)
    {
        try
        {
            _turn.Wait(_end.Token);
            try
            {
                _room.Wait(_end.Token);
                byte[] frame = new byte[ShareFrame.HeaderBytes + message.Length - sizeof(ushort)];
                message.AsSpan(sizeof(ushort)).CopyTo(frame.AsSpan(ShareFrame.HeaderBytes));
                new ShareFrame(BinaryPrimitives.ReadUInt16LittleEndian(message), ShareFrameKind.Notice, message.Length - sizeof(ushort)).Write(frame);
                _port.Send(frame);
            }
            finally
            {
                _ = _turn.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The guest is gone, and with it what it knew.
        }
    }

    /// <summary>Messages with the share's number before them.</summary>
    private sealed class Destination(NotificationQueue queue, int share) : IGuestKernel
    {
        public void Tell(ReadOnlySpan<byte> message)
        {
            Span<byte> addressed = stackalloc byte[sizeof(ushort) + message.Length];
            BinaryPrimitives.WriteUInt16LittleEndian(addressed, (ushort)share);
            message.CopyTo(addressed[sizeof(ushort)..]);
            queue.Tell(addressed);
        }
    }
}
