using Hearth.Agent.Service;
using Hearth.Protocol;
using Hearth.Protocol.Frames;
using Hearth.Protocol.Link;

namespace Hearth.Agent.Processes;

// Theory of operation
//
// A process's session goes over one stream of the link. The streams of a guest that is restored are gone, and the container
// is still there: its session goes on over the stream of the first reattach request. A frame whose sending was cut short by
// the restore was not taken by the former supervisor, which takes whole frames only; it is sent again, whole. A frame
// that was sent was taken before the guest was frozen (LinkConnection.Freeze.cs). So no output is lost and none comes twice.

/// <summary>The frames of a process's session, over one stream or, for a container, over one after the other.</summary>
internal sealed class SessionChannel(RequestStream first, bool outlives)
{
    private readonly object _lock = new();
    private RequestStream _current = first;
    private StartedMessage? _started;
    private bool _ended;

    /// <summary>The next frame; null when there will be none. One reader.</summary>
    public Frame? Read()
    {
        while (true)
        {
            RequestStream session = Current();
            try
            {
                if (!outlives || session.WaitReadable())
                {
                    return session.Read();
                }
            }
            catch (Exception e) when (outlives && e is LinkException or ObjectDisposedException)
            {
                // It failed in the middle of a frame, which the next supervisor sends again.
            }

            if (!WaitForAnother(session))
            {
                return null;
            }
        }
    }

    public void WriteStarted(StartedMessage started)
    {
        lock (_lock)
        {
            _started = started;
        }

        Send(session => session.Write(FrameType.Started, started, ProtocolJson.Default.StartedMessage));
    }

    public void WriteExit(ExitMessage exit) => Send(session => session.Write(FrameType.Exit, exit, ProtocolJson.Default.ExitMessage));

    /// <summary>Sends a payload where it stands; the <see cref="RequestStream.HeaderBytes"/> before it are overwritten.</summary>
    public void WriteInPlace(FrameType type, byte[] buffer, int start, int length) => Send(session => session.WriteInPlace(type, buffer, start, length));

    /// <summary>Takes the session over; returns when the process has ended and all was sent, or another stream took over.</summary>
    public void Adopt(RequestStream next)
    {
        lock (_lock)
        {
            if (_started is not null)
            {
                next.Write(FrameType.Started, _started, ProtocolJson.Default.StartedMessage);
            }

            _current = next;
            Monitor.PulseAll(_lock);
            while (!_ended && _current == next)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>Nothing more will be sent: whoever waits here goes.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Send(Action<RequestStream> write)
    {
        while (true)
        {
            RequestStream session = Current();
            try
            {
                write(session);
                return;
            }
            catch (Exception e) when (outlives && e is LinkException or ObjectDisposedException)
            {
                if (!WaitForAnother(session))
                {
                    throw;
                }
            }
        }
    }

    private RequestStream Current()
    {
        lock (_lock)
        {
            return _current;
        }
    }

    /// <summary>False when the process's session is over.</summary>
    private bool WaitForAnother(RequestStream failed)
    {
        lock (_lock)
        {
            while (_current == failed && !_ended)
            {
                Monitor.Wait(_lock);
            }

            return !_ended;
        }
    }
}
