using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Dialing;
using Hearth.Engine.Networks;
using Hearth.Networking.Ports;
using Hearth.Protocol.Control;

namespace Hearth.Engine.Supervision;

/// <content>The VM's network: there before its VMM, which has an end of it, and until after that.</content>
public sealed partial class Supervisor
{
    private RunningNetwork? _network;

    /// <summary>A guest with its network: the one that was made ahead, or a new one.</summary>
    private async Task<StartedGuest> FindGuestAsync(CancellationToken cancellationToken)
    {
        StartedGuest? ready = Interlocked.Exchange(ref _ready, null);
        try
        {
            _network = ready is not null ? ready.Network : await RunningNetwork.OpenAsync(_paths, _vm.Spec, _time, _log.Warning, cancellationToken);
            if (_network is not null && _vm.Spec.Network is { } asked)
            {
                _network.Publisher.Used = _idle.Touch;
                _network.Network.NeighbourSpoke = _idle.Touch;
                await ServeNetworkAsync(_network, WithoutHeld(asked), cancellationToken);
                RecordNetwork(_network);
            }
        }
        catch when (ready is not null)
        {
            _run = ready.Run; // Released with the run.
            throw;
        }

        StartedGuest guest = ready ?? await new GuestLauncher(_paths, _time, _network?.Network, RecordVmm, Warn).StartAsync(_vm, cancellationToken);
        _network?.Guest.Agent = new LinkConnector(guest.Run.Agent);
        return guest;
    }

    /// <summary>All of it is done, or nothing.</summary>
    /// <exception cref="HearthException"><c>vm.no-network</c>, <c>port.not-published</c>, or why a port cannot be bound.</exception>
    private async Task ChangePortsAsync(ChangePortsRequest request)
    {
        RunningNetwork network = _network
            ?? throw new HearthException("vm.no-network", $"VM {_vm.Name} has no network.", "It was run with --network none; run it anew.");
        List<PublishedPort> added = [];
        try
        {
            foreach (PublishedPort port in request.Remove.Where(port => !network.Publisher.Ports.Any(open => Is(open, port))))
            {
                throw new HearthException("port.not-published", $"Port {PortText.GuestSide(port)} of VM {_vm.Name} is not published there.", $"'hearth port {_vm.Name}' shows those that are.", 1);
            }

            foreach (PublishedPort port in request.Add)
            {
                added.Add(network.Publisher.Add(port));
            }
        }
        catch (HearthException)
        {
            await network.Publisher.RemoveAsync(added.Contains);
            throw;
        }

        foreach (PublishedPort port in request.Remove)
        {
            await network.Publisher.RemoveAsync(open => Is(open, port));
        }

        RecordNetwork(network);

        static bool Is(PublishedPort open, PublishedPort named) =>
            open.GuestPort == named.GuestPort && open.Protocol == named.Protocol && open.Bind == named.Bind && (named.HostPort == 0 || open.HostPort == named.HostPort);
    }

    private void RecordNetwork(RunningNetwork network) => SetState(s => s with
    {
        Ports = [.. _doorkeeper?.Ports ?? [], .. network.Publisher.Ports],
        Networks = network.Named.Places,
        Addresses = [.. network.Network.Guest.Addresses.Where(static a => !a.Address.IsIPv6LinkLocal).Select(static a => string.Create(CultureInfo.InvariantCulture, $"{a.Address}/{a.Prefix}"))],
    });

    private async Task CloseNetworkAsync()
    {
        if (_network is { } network)
        {
            _network = null;
            if (_reason == StopReason.Suspended && _suspendedBy == SuspendCause.Idle)
            {
                _heldPorts = await network.Publisher.ReleaseAsync();
            }

            await network.DisposeAsync();
        }
    }
}
