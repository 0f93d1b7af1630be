using System.Net.Sockets;
using Hearth.Protocol.Shares;

namespace Hearth.Engine.Shares;

/// <summary>Messages of a port, one after another; for one thread at a time.</summary>
internal sealed class PortInput(Socket port)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private int _from;
    private int _to;

    /// <summary>Something of a further message is there already.</summary>
    public bool HasMore => _from < _to || port.Available > 0;

    /// <summary>Waits for a message.</summary>
    /// <param name="message">Gets its bytes.</param>
    /// <exception cref="IOException">What came is no frame, or the port was closed.</exception>
    public ShareFrame Read(Span<byte> message)
    {
        Span<byte> header = stackalloc byte[ShareFrame.HeaderBytes];
        Fill(header);
        if (!ShareFrame.TryRead(header, out ShareFrame frame))
        {
            throw new IOException("the guest sent what is no frame");
        }

        Fill(message[..frame.Length]);
        return frame;
    }

    private void Fill(Span<byte> target)
    {
        while (target.Length > 0)
        {
            if (_from == _to)
            {
                if (target.Length >= _buffer.Length)
                {
                    target = target[Receive(target)..];
                    continue;
                }

                (_from, _to) = (0, Receive(_buffer));
            }

            int length = Math.Min(target.Length, _to - _from);
            _buffer.AsSpan(_from, length).CopyTo(target);
            _from += length;
            target = target[length..];
        }
    }

    private int Receive(Span<byte> target)
    {
        int read = port.Receive(target);
        return read > 0 ? read : throw new IOException("the port was closed");
    }
}
