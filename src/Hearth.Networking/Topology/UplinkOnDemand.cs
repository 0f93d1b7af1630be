using System.Net;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.Files;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Networking.Topology;

// Theory of operation
//
// A pasta takes 29 MB of memory and some milliseconds, and most guests never say anything to the outside: names are answered by the
// supervisor, and published ports are carried by it. So the default routes lead to a TUN interface at first. The first packet on it
// starts pasta; then the routes lead there, and what has waited on the TUN interface is written back to it, so that it arrives in the
// namespace once more and takes the new route. Nothing is lost, which would cost a second (the first retransmission of a SYN); packets that
// overtake those that waited are what networks do.
//
// A pasta that does not start is told once; the next packet tries again.

/// <summary>The way out of a namespace, which comes when somebody wants to go out.</summary>
internal sealed class UplinkOnDemand : IVmUplink
{
    /// <summary>Where packets wait.</summary>
    private const string WaitingInterface = "up0";

    private readonly NetworkNamespace _space;
    private readonly GuestAddressing _guest;
    private readonly Action<string> _warn;
    private readonly DescriptorStream _waiting;
    private readonly SafeFileHandle _stopRead;
    private readonly SafeFileHandle _stopWrite;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _watching;
    private Pasta? _pasta;

    public UplinkOnDemand(NetworkNamespace space, GuestAddressing guest, Action<string> warn)
    {
        _space = space;
        _guest = guest;
        _warn = warn;
        _waiting = new DescriptorStream(space.OpenTun(WaitingInterface));
        using (RouteSocket routes = space.OpenRoutes())
        {
            int index = routes.IndexOf(WaitingInterface);
            routes.Set(index, up: true, mtu: guest.Mtu);
            routes.AddRoute(index, IPAddress.Any, 0, null);
            if (guest.Address6 is not null)
            {
                routes.AddRoute(index, IPAddress.IPv6Any, 0, null);
            }
        }

        (_stopRead, _stopWrite) = Descriptors.Pipe();
        _watching = Task.Factory.StartNew(Watch, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public string Interface => Pasta.Interface;

    public string Waiting => WaitingInterface;

    public bool ReachesHost { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _stopWrite.Dispose();
        await _watching;
        _pasta?.Dispose();
        _waiting.Dispose();
        _stopRead.Dispose();
        _end.Dispose();
    }

    /// <summary>A thread of its own: a TUN device is no socket, and what waits for it waits for good.</summary>
    private void Watch()
    {
        bool warned = false;
        byte[] packet = new byte[1 << 16];
        while (Readiness.Wait(_waiting.Handle, _stopRead, null, wait: true) is { Second: false })
        {
            try
            {
                int length = _waiting.Read(packet);
                if (!IsGuests(packet.AsSpan(0, length)))
                {
                    continue;
                }

                _pasta = StartAsync().GetAwaiter().GetResult();
                SendAgain(packet, length);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is HearthException or IOException)
            {
                if (!warned)
                {
                    warned = true;
                    _warn($"the VM cannot reach others: {e.Message.ReplaceLineEndings(" ")}");
                }
            }
        }
    }

    private async Task<Pasta> StartAsync()
    {
        Task<string?> repairing = PastaRepair.TryApplyAsync(_space, _end.Token); // Takes a tenth of the time that pasta takes.
        try
        {
            return await Pasta.StartAsync(_space, _guest, ReachesHost, _end.Token);
        }
        finally
        {
            if (await repairing is { } why)
            {
                _warn($"refused connections of the VM may hang: {why.ReplaceLineEndings(" ")}");
            }
        }
    }

    private void SendAgain(byte[] packet, int length)
    {
        do
        {
            try
            {
                _waiting.Write(packet.AsSpan(0, length));
            }
            catch (ErrnoException)
            {
                // The kernel takes no packet that makes no sense.
            }

            if (!Readiness.Wait(_waiting.Handle, null, null, wait: false).First)
            {
                return;
            }

            length = _waiting.Read(packet);
        }
        while (true);
    }

    /// <summary>Only what has the guest's own address: anything else was made by the namespace, or is forged.</summary>
    private bool IsGuests(ReadOnlySpan<byte> packet) => packet.Length > 0 && (packet[0] >> 4) switch
    {
        4 => packet.Length >= 20 && packet[12..16].SequenceEqual(_guest.Address.Address.GetAddressBytes()),
        6 => packet.Length >= 40 && _guest.Address6 is { } address6 && packet[8..24].SequenceEqual(address6.Address.GetAddressBytes()) && packet[24] != 0xFF,
        _ => false,
    };
}
