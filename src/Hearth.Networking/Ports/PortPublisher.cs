using System.Net;
using System.Net.Sockets;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Networking.Ports;

// Theory of operation
//
// A published port is a socket of the supervisor, bound on the host before the guest boots, so that a conflict is known by then. What
// comes to it is carried to a socket that was made in the VM's namespace, for TCP one a connection, for UDP one a sender. So a port
// can be added and removed while the VM runs, works alike in every mode, and a restore needs nothing done: the clone's sockets are new.
//
// The ports can be held while the VM is frozen: what comes then waits in the sockets, as it does for a slow program. Held sockets can be handed
// over (HeldPort), to another process as well, which serves them later: they are never closed in between, so nobody is refused.
//
// Refused: pasta's forwarding (its ports are fixed at its start, and old versions send to the address they overheard last), and
// translation by the kernel (cannot bind 127.0.0.1 without route_localnet on the host, and knows no conflicts).

/// <summary>The host's ports that lead to one guest.</summary>
/// <param name="guest">The guest's ports.</param>
/// <param name="time">Clock of the senders that fall silent.</param>
public sealed class PortPublisher(IGuestPorts guest, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<OpenPort> _open = [];

    /// <summary>The ports as they are, with the numbers that were found for those that asked for any.</summary>
    public IReadOnlyList<PublishedPort> Ports
    {
        get
        {
            lock (_lock)
            {
                return [.. _open.Select(static port => port.Port)];
            }
        }
    }

    /// <summary>Called when a connection comes or ends, and with each datagram; has to return at once.</summary>
    public Action Used { get; set; } = static () => { };

    /// <summary>Whether somebody is connected to one of them.</summary>
    public bool IsInUse => Open().Any(static port => port.IsInUse);

    /// <summary>Binds a port and serves it from now on.</summary>
    /// <returns>It, with its number.</returns>
    /// <exception cref="HearthException"><c>port.in-use</c>, <c>port.denied</c>, <c>port.address</c>.</exception>
    public PublishedPort Add(PublishedPort port)
    {
        OpenPort open = port.Protocol == PortProtocol.Tcp ? TcpPort.Open(port, guest, NoteUse) : UdpPort.Open(port, guest, time, NoteUse);
        lock (_lock)
        {
            _open.Add(open);
        }

        return open.Port;
    }

    /// <summary>Serves a port that was held, from now on. Its socket belongs to this object.</summary>
    public void Adopt(HeldPort held)
    {
        OpenPort open = held.Port.Protocol == PortProtocol.Tcp ? TcpPort.Adopt(held, guest, NoteUse) : UdpPort.Adopt(held, guest, time, NoteUse);
        lock (_lock)
        {
            _open.Add(open);
        }
    }

    /// <summary>Takes nothing more from the host, unless somebody is connected: then all goes on.</summary>
    /// <returns>Whether the ports are held, to be let go with <see cref="Resume"/> or <see cref="ReleaseAsync"/>.</returns>
    public async Task<bool> TryHoldAsync()
    {
        await Task.WhenAll(Open().Select(static port => port.HoldAsync()));
        if (!IsInUse)
        {
            return true;
        }

        Resume();
        return false;
    }

    /// <summary>Goes on with what was held.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            _open.ForEach(static port => port.Resume());
        }
    }

    /// <summary>Hands the sockets over, open all the time; there are no ports here any more.</summary>
    public async Task<IReadOnlyList<HeldPort>> ReleaseAsync() => await Task.WhenAll(TakeOut(static _ => true).Select(static port => port.ReleaseAsync()));

    /// <summary>Closes a port; connections that it has go on. False when there is none such.</summary>
    public async Task<bool> RemoveAsync(Func<PublishedPort, bool> which)
    {
        OpenPort[] removed = TakeOut(which);
        foreach (OpenPort port in removed)
        {
            await port.DisposeAsync();
        }

        return removed.Length > 0;
    }

    public async ValueTask DisposeAsync() => await RemoveAsync(static _ => true);

    /// <summary>Binds a socket on the host.</summary>
    internal static Socket Bind(PublishedPort port, SocketType type, ProtocolType protocol)
    {
        IPAddress address = IPAddress.Parse(port.Bind);
        Socket socket = new(address.AddressFamily, type, protocol);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(new IPEndPoint(address, port.HostPort));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw Explain(port, e);
        }
    }

    internal static PublishedPort Numbered(PublishedPort port, Socket socket) => port with { HostPort = ((IPEndPoint)socket.LocalEndPoint!).Port };

    internal static HearthException Explain(PublishedPort port, SocketException e)
    {
        string name = $"{(port.Bind.Contains(':', StringComparison.Ordinal) ? $"[{port.Bind}]" : port.Bind)}:{port.HostPort}/{PortText.Word(port.Protocol)}";
        return e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => new HearthException(
                "port.in-use", $"Port {name} is in use already.", "Publish another one, let a free one be found (-p GUEST), or end what has it ('ss -lntup' shows that).", inner: e),
            SocketError.AccessDenied => new HearthException(
                "port.denied", $"You may not bind port {name}.", "Use a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start.", inner: e),
            SocketError.AddressNotAvailable => new HearthException(
                "port.address", $"{port.Bind} is no address of this host.", "'ip addr' shows those there are; 0.0.0.0 and [::] are all of them.", inner: e),
            _ => new HearthException("port.failed", $"Port {name} cannot be bound: {e.Message}", "Check the address, and that the host has its protocol.", inner: e),
        };
    }

    private void NoteUse() => Used();

    private OpenPort[] Open()
    {
        lock (_lock)
        {
            return [.. _open];
        }
    }

    private OpenPort[] TakeOut(Func<PublishedPort, bool> which)
    {
        lock (_lock)
        {
            OpenPort[] taken = [.. _open.Where(port => which(port.Port))];
            _open.RemoveAll(taken.Contains);
            return taken;
        }
    }
}
