using System.Threading.Channels;
using Hearth.Protocol.Link;

namespace Hearth.Protocol.Tests.Link;

/// <summary>
/// What an agent does with a container's output: it goes to the stream that was opened last, and what a stream has refused is
/// sent again on the next one.
/// </summary>
internal sealed class Counter : IDisposable
{
    private readonly Channel<LinkStream> _streams = Channel.CreateUnbounded<LinkStream>();
    private readonly Thread _thread;

    public Counter(LinkConnection guest, uint port)
    {
        guest.Listen(port, stream => _streams.Writer.TryWrite(stream));
        _thread = new Thread(Count) { IsBackground = true, Name = "counter" };
        _thread.Start();
    }

    /// <summary>The thread ends with the link that it writes to.</summary>
    public void Dispose() => _streams.Writer.Complete();

    private void Count()
    {
        int next = 0;
        while (_streams.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult() && _streams.Reader.TryRead(out LinkStream? stream))
        {
            try
            {
                while (true)
                {
                    stream.Write(BitConverter.GetBytes(next));
                    next++;
                }
            }
            catch (LinkException)
            {
                // The guest was restored: the number goes to the next stream.
            }
        }
    }
}
