using System.Net;
using System.Net.Sockets;
using Hearth.Core.Specs;

namespace Hearth.Networking.Ports;

/// <summary>
/// A port for datagrams. Each sender has a socket inside for as long as it or the guest says something, so that the guest's
/// answers find their way back. A sender that was silent for a minute is forgotten, as by any translation of addresses.
/// </summary>
internal sealed class UdpPort : OpenPort
{
    private const int MostSenders = 1024;

    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly IGuestPorts _guest;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Action _used;
    private readonly Dictionary<SocketAddress, Sender> _senders = [];
    private CancellationTokenSource _hold = new();
    private Task _receiving;

    private UdpPort(PublishedPort port, Socket socket, IGuestPorts guest, TimeProvider time, Action used)
        : base(port)
    {
        _socket = socket;
        _guest = guest;
        _time = time;
        _used = used;
        _receiving = ReceiveAsync(_hold.Token);
    }

    /// <summary>Nobody is connected: each datagram is a use of its own.</summary>
    public override bool IsInUse => false;

    /// <param name="port">Which.</param>
    /// <param name="guest">Where it leads.</param>
    /// <param name="time">Clock of the senders that fall silent.</param>
    /// <param name="used">Called with each datagram.</param>
    public static UdpPort Open(PublishedPort port, IGuestPorts guest, TimeProvider time, Action used)
    {
        Socket socket = PortPublisher.Bind(port, SocketType.Dgram, ProtocolType.Udp);
        return new UdpPort(PortPublisher.Numbered(port, socket), socket, guest, time, used);
    }

    /// <summary>Serves a socket that was somebody else's.</summary>
    public static UdpPort Adopt(HeldPort held, IGuestPorts guest, TimeProvider time, Action used) => new(held.Port, held.Socket, guest, time, used);

    public override async Task HoldAsync()
    {
        await _hold.CancelAsync();
        await _receiving;
    }

    public override void Resume()
    {
        if (!_hold.IsCancellationRequested)
        {
            return;
        }

        _hold.Dispose();
        _hold = new CancellationTokenSource();
        _receiving = ReceiveAsync(_hold.Token);
    }

    public override async Task<HeldPort> ReleaseAsync()
    {
        await EndAsync();
        return new HeldPort(Port, _socket);
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        _socket.Dispose();
    }

    private async Task EndAsync()
    {
        await _end.CancelAsync();
        await HoldAsync();
        foreach (Sender sender in _senders.Values)
        {
            await sender.DisposeAsync();
        }

        _end.Dispose();
        _hold.Dispose();
    }

    private async Task ReceiveAsync(CancellationToken held)
    {
        byte[] buffer = new byte[1 << 16];
        SocketAddress from = new(_socket.AddressFamily);
        try
        {
            while (true)
            {
                int got = await ReceiveFromHostAsync(buffer, from, held);
                _used();
                if (got >= 0 && await FindAsync(from) is { } sender)
                {
                    await sender.ToGuestAsync(buffer.AsMemory(0, got), _end.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The end, or a pause.
        }
    }

    /// <summary>-1: an earlier answer was refused by its receiver (ICMP), which is told here.</summary>
    private async Task<int> ReceiveFromHostAsync(byte[] buffer, SocketAddress from, CancellationToken held)
    {
        try
        {
            return await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, held);
        }
        catch (SocketException)
        {
            return -1;
        }
    }

    private async ValueTask<Sender?> FindAsync(SocketAddress from)
    {
        if (_senders.TryGetValue(from, out Sender? known) && !known.Ended)
        {
            return known;
        }

        foreach ((SocketAddress address, Sender old) in _senders.Where(static pair => pair.Value.Ended).ToArray())
        {
            _senders.Remove(address);
            await old.DisposeAsync();
        }

        if (_senders.Count >= MostSenders)
        {
            return null; // Lost, as datagrams may be.
        }

        SocketAddress copy = new(from.Family, from.Size);
        from.Buffer.Span[..from.Size].CopyTo(copy.Buffer.Span);
        Sender sender = new(_guest.OpenDatagramSocket(Port.GuestPort), answer => AnswerAsync(answer, copy), _time);
        _senders.Add(copy, sender);
        return sender;
    }

    private ValueTask<int> AnswerAsync(ReadOnlyMemory<byte> answer, SocketAddress to)
    {
        _used();
        return _socket.SendToAsync(answer, SocketFlags.None, to, _end.Token);
    }

    /// <summary>One sender on the host, and its socket inside.</summary>
    private sealed class Sender : IAsyncDisposable
    {
        private readonly Socket _inside;
        private readonly Func<ReadOnlyMemory<byte>, ValueTask<int>> _answer;
        private readonly CancellationTokenSource _silent;
        private readonly Task _answering;

        public Sender(Socket inside, Func<ReadOnlyMemory<byte>, ValueTask<int>> answer, TimeProvider time)
        {
            _inside = inside;
            _answer = answer;
            _silent = new CancellationTokenSource(s_silence, time);
            _answering = AnswerAsync();
        }

        public bool Ended => _answering.IsCompleted;

        public async ValueTask ToGuestAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
        {
            _silent.CancelAfter(s_silence);
            try
            {
                await _inside.SendAsync(datagram, cancellationToken);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The guest refused an earlier one, or this sender has just been forgotten: datagrams may be lost.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _silent.CancelAsync();
            await _answering;
            _silent.Dispose();
        }

        private async Task AnswerAsync()
        {
            byte[] buffer = new byte[1 << 16];
            try
            {
                while (true)
                {
                    try
                    {
                        int got = await _inside.ReceiveAsync(buffer, _silent.Token);
                        _silent.CancelAfter(s_silence);
                        await _answer(buffer.AsMemory(0, got));
                    }
                    catch (SocketException)
                    {
                        // No one listens in the guest, or the sender is gone: told here, and of no use to anybody.
                    }
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                // Silent, or the port is closed.
            }
            finally
            {
                _inside.Dispose();
            }
        }
    }
}
