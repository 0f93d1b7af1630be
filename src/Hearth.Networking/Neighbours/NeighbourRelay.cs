using System.Collections.Concurrent;
using System.Net;
using Hearth.Linux;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Networking.Neighbours;

// Theory of operation
//
//   guest eth0 ── tap0 ── br0 ── (routes) ── net0 ⇄ this relay ⇄ <network>/<address> ⇄ the neighbour's relay ⇄ net0 ── …
//
// VMs on a named network see each other through their supervisors: what the namespace routes to net0, a TUN interface, is read here packet by
// packet and sent as one datagram to the Unix socket of the neighbour that has the destination's address; what comes to the VM's own sockets
// is written to net0. No privilege is needed, no process stands for the network, and nothing is to be cleaned up but a socket's name: a supervisor
// that dies takes its sockets along, and who sends there is told so by the kernel.
//
// The directory of the sockets is the user's alone, so who can send is a supervisor of the same user. What a guest sends is looked at by its
// own relay: the source must be its own address there. What comes in must be for the VM's own address. Errors (ICMP) may come
// from the gateway's address, which all namespaces have: those tell of packets that are too large.
//
// A destination that nobody has is answered with "host unreachable", so that a connection fails at once. A neighbour that reads
// too slowly loses packets after a moment (NeighbourPort), as on any network; meanwhile nothing else of this VM's goes to neighbours.

/// <summary>Carries packets between a VM's namespace and those of its neighbours.</summary>
public sealed class NeighbourRelay : IDisposable
{
    /// <summary>The interface in the namespace.</summary>
    public const string Interface = "net0";

    private readonly DescriptorStream _packets;
    private readonly IReadOnlyList<IPAddress> _gateways;
    private readonly Action _spoken;
    private readonly SafeFileHandle _stopRead;
    private readonly SafeFileHandle _stopWrite;
    private readonly Task _sending;
    private readonly ConcurrentDictionary<string, NeighbourPort> _ports = [];

    /// <param name="packets">A TUN interface's descriptor; of this object from here on.</param>
    /// <param name="gateways">The addresses that every namespace has itself.</param>
    /// <param name="spoken">Called with each packet that a neighbour sent to the guest; on several threads.</param>
    public NeighbourRelay(SafeFileHandle packets, IReadOnlyList<IPAddress> gateways, Action spoken)
    {
        _packets = new DescriptorStream(packets);
        _gateways = gateways;
        _spoken = spoken;
        (_stopRead, _stopWrite) = Descriptors.Pipe();
        _sending = Task.Factory.StartNew(Send, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>From now on neighbours' packets arrive, and the guest's leave. The address must be the VM's alone.</summary>
    public void Join(Membership membership) => _ports[membership.Network] = new NeighbourPort(membership, Deliver);

    public void Leave(string network)
    {
        if (_ports.TryRemove(network, out NeighbourPort? port))
        {
            port.Dispose();
        }
    }

    public void Dispose()
    {
        _stopWrite.Dispose();
        _sending.Wait();
        foreach (string network in _ports.Keys)
        {
            Leave(network);
        }

        _packets.Dispose();
        _stopRead.Dispose();
    }

    private void Send()
    {
        byte[] packet = new byte[1 << 16];
        while (Readiness.Wait(_packets.Handle, _stopRead, null, wait: true) is { Second: false })
        {
            int length = _packets.Read(packet);
            Send(packet.AsSpan(0, length));
        }
    }

    private void Send(ReadOnlySpan<byte> packet)
    {
        if (!PacketAddresses.TryParse(packet, out PacketAddresses addresses))
        {
            return;
        }

        foreach (NeighbourPort port in _ports.Values)
        {
            if (port.Membership.OwnBeside(addresses.Destination) is not { } own)
            {
                continue;
            }

            bool isError = addresses.IsError(packet);
            bool mayLeave = addresses.Source.Equals(own) || (isError && _gateways.Contains(addresses.Source));
            if (mayLeave && !port.TrySend(packet, addresses.Destination) && !isError)
            {
                Write(Unreachable.Of(packet, addresses));
            }

            return;
        }
    }

    /// <summary>On the port's thread.</summary>
    private void Deliver(Membership membership, ReadOnlySpan<byte> packet)
    {
        if (PacketAddresses.TryParse(packet, out PacketAddresses addresses)
            && membership.OwnBeside(addresses.Destination) is { } own && own.Equals(addresses.Destination)
            && (membership.OwnBeside(addresses.Source) is not null || addresses.IsError(packet)))
        {
            _spoken();
            Write(packet);
        }
    }

    private void Write(ReadOnlySpan<byte> packet)
    {
        try
        {
            _packets.Write(packet);
        }
        catch (Exception e) when (e is ErrnoException or ObjectDisposedException)
        {
            // The kernel takes no packet that makes no sense, and none for an interface that is gone.
        }
    }
}
