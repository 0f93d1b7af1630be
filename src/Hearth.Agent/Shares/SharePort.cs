using Hearth.Agent.Boot;
using Hearth.Linux.Files;
using Hearth.Linux.Guest;
using Hearth.Protocol.Shares;

namespace Hearth.Agent.Shares;

/// <summary>One port to the host for messages of shares: who has a request writes it whole, one thread reads the answers.</summary>
internal sealed class SharePort : IDisposable
{
    private readonly SerialPortStream _port;
    private readonly Lock _sending = new();
    private readonly string _name;
    private readonly Func<int, ShareQueue?> _find;

    /// <param name="index">Which port: the share's queue of that number is served on it.</param>
    /// <param name="find">The queue on this port of a share.</param>
    public SharePort(int index, Func<int, ShareQueue?> find)
    {
        _find = find;
        _port = new SerialPortStream(Descriptors.OpenReadWrite(LinkPort.Find(SharePorts.Name(index))));
        _name = $"hearth: share port {index}";
    }

    public void Start() => new Thread(Receive, 256 * 1024) { IsBackground = true, Name = _name }.Start();

    /// <summary>Takes notices; null on a port that carries none.</summary>
    public NoticeTaker? Notices { get; set; }

    /// <summary>Sends a frame, whose header is written into the first bytes of the buffer.</summary>
    /// <param name="buffer"><see cref="ShareFrame.HeaderBytes"/> bytes of room, and the message.</param>
    /// <param name="share">The share.</param>
    /// <param name="kind">What it is.</param>
    public void Send(Span<byte> buffer, int share, ShareFrameKind kind)
    {
        new ShareFrame(share, kind, buffer.Length - ShareFrame.HeaderBytes).Write(buffer);
        lock (_sending)
        {
            _port.Write(buffer);
        }
    }

    public void Dispose() => _port.Dispose();

    private void Receive()
    {
        CpuAffinity.StayOnFirst();
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ShareFrame.HeaderBytes + ShareFrame.MaxMessageBytes, pinned: true);
        int have = 0;
        try
        {
            while (true)
            {
                int read = _port.Read(buffer.AsSpan(have));
                if (read <= 0)
                {
                    return;
                }

                have += read;
                have = Deliver(buffer, have);
            }
        }
        catch (IOException e)
        {
            GuestConsole.Say($"hearth-agent: a port for shares has ended: {e.Message}");
        }
    }

    /// <summary>Passes on what is whole, and moves the rest to the front.</summary>
    private int Deliver(byte[] buffer, int have)
    {
        int from = 0;
        while (have - from >= ShareFrame.HeaderBytes)
        {
            if (!ShareFrame.TryRead(buffer.AsSpan(from), out ShareFrame frame))
            {
                throw new IOException("the host sent what is no frame");
            }

            int end = from + ShareFrame.HeaderBytes + frame.Length;
            if (end > have)
            {
                break;
            }

            Span<byte> message = buffer.AsSpan(from + ShareFrame.HeaderBytes, frame.Length);
            if (frame.Kind == ShareFrameKind.Notice)
            {
                Notices!.Add(_find(frame.Share), message);
            }
            else
            {
                _find(frame.Share)?.Answer(message);
            }

            from = end;
        }

        if (from > 0)
        {
            buffer.AsSpan(from, have - from).CopyTo(buffer);
        }

        return have - from;
    }
}
