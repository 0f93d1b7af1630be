using System.Globalization;
using Hearth.Linux;
using Hearth.Linux.Files;
using Hearth.Linux.Namespaces;
using Hearth.Networking.Topology;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>
/// A guest without a VM: another namespace's kernel behind a network's TAP. Two threads carry frames between the TAP and another one in that namespace, with
/// the headers of offloads as they are, which is what a VMM does.
/// </summary>
internal sealed class TapGuest : IDisposable
{
    private const string Interface = "eth0";

    private readonly SafeFileHandle _card;
    private readonly SafeFileHandle _stopRead;
    private readonly SafeFileHandle _stopWrite;
    private readonly Thread[] _carriers;

    public TapGuest(VmNetwork network)
    {
        GuestAddressing given = network.Guest;
        _card = Space.OpenTap(Interface);
        OfferOffloads(_card);
        OfferOffloads(network.TapDescriptor);
        (_stopRead, _stopWrite) = Descriptors.Pipe();
        KernelHost.Ip(
            Space,
            [
                $"link set {Interface} address {GuestAddressing.Text(given.Station)} mtu {given.Mtu}",
                $"link set {Interface} addrgenmode none",
                $"link set {Interface} up",
                .. given.Addresses.Select(static a => string.Create(CultureInfo.InvariantCulture, $"addr add {a.Address}/{a.Prefix} dev {Interface}{(a.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? " nodad" : "")}")),
                $"route add default via {given.Gateway} dev {Interface} onlink",
                .. given.Gateway6 is { } gateway6 ? (string[])[$"-6 route add default via {gateway6} dev {Interface} onlink"] : [],
            ]);
        _carriers = [Carry(network.TapDescriptor, _card, "to guest"), Carry(_card, network.TapDescriptor, "from guest")];
    }

    public NetworkNamespace Space { get; } = NetworkNamespace.Create(ownUsers: false);

    public void Dispose()
    {
        _stopWrite.Dispose();
        foreach (Thread carrier in _carriers)
        {
            carrier.Join();
        }

        _stopRead.Dispose();
        _card.Dispose();
        Space.Dispose();
    }

    private static void OfferOffloads(SafeFileHandle tap)
    {
        const ulong SetOffload = 0x400454D0; // TUNSETOFFLOAD
        const nint All = 0x01 | 0x02 | 0x04; // TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6
        if (Libc.ioctl_number((int)tap.DangerousGetHandle(), SetOffload, All) != 0)
        {
            throw ErrnoException.FromLastError("ioctl", "offloads");
        }
    }

    private Thread Carry(SafeFileHandle from, SafeFileHandle to, string name)
    {
        Thread thread = new(() =>
        {
            DescriptorStream source = new(from), target = new(to);
            byte[] frame = new byte[(64 << 10) + 4096];
            while (Readiness.Wait(from, _stopRead, null, wait: true) is { Second: false })
            {
                try
                {
                    int length = source.Read(frame);
                    target.Write(frame.AsSpan(0, length));
                }
                catch (ErrnoException)
                {
                    // An interface that is not up yet takes nothing: what was sent to it is lost, as on a wire.
                }
            }
        })
        { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }
}
