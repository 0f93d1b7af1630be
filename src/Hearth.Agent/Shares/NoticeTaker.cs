using System.Collections.Concurrent;
using Hearth.Protocol.Shares;

namespace Hearth.Agent.Shares;

/// <summary>
/// Tells the kernel what it did not ask for, on a thread of its own: the kernel may take it only after an answer that another thread
/// has to bring. The host sends a few at a time and waits until they are taken.
/// </summary>
internal sealed class NoticeTaker : IDisposable
{
    private readonly BlockingCollection<(ShareQueue? Queue, byte[] Message)> _notices = [];
    private readonly SharePort _port;

    public NoticeTaker(SharePort port)
    {
        _port = port;
        new Thread(Take, 256 * 1024) { IsBackground = true, Name = "hearth: share notices" }.Start();
    }

    public void Add(ShareQueue? queue, ReadOnlySpan<byte> message) => _notices.Add((queue, message.ToArray()));

    public void Dispose() => _notices.Dispose();

    private void Take()
    {
        Span<byte> taken = stackalloc byte[ShareFrame.HeaderBytes];
        foreach ((ShareQueue? queue, byte[] message) in _notices.GetConsumingEnumerable())
        {
            queue?.Tell(message);
            _port.Send(taken, 0, ShareFrameKind.NoticeTaken);
        }
    }
}
