using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Doorkeeping;
using Hearth.Engine.Failpoints;
using Hearth.Engine.Networks;
using Hearth.Networking.Ports;

namespace Hearth.Engine.Supervision;

/// <content>The published ports of a VM that suspends itself stay open (Doorkeeping/Doorkeeper.cs).</content>
public sealed partial class Supervisor
{
    /// <summary>Who has had the ports while the VM was suspended, until they are taken; null when nobody has.</summary>
    private DoorkeeperSocket? _doorkeeper;

    /// <summary>The ports of a VM that has just suspended itself.</summary>
    private IReadOnlyList<HeldPort> _heldPorts = [];

    /// <summary>The doorkeeper that was given them, until the state names it.</summary>
    private DoorkeeperLauncher? _posted;

    /// <summary>What is to be bound before the guest is started: nothing when a doorkeeper has the ports.</summary>
    private NetworkSpec WithoutHeld(NetworkSpec asked)
    {
        _doorkeeper ??= DoorkeeperSocket.TryConnect(_vm);
        return _doorkeeper is null ? asked : asked with { Ports = [] };
    }

    /// <summary>The container goes on: what has come to its ports meanwhile is served from now on.</summary>
    private async Task TakePortsAsync()
    {
        if (_doorkeeper is not { } doorkeeper || _network is not { } network)
        {
            return;
        }

        _doorkeeper = null;
        using (doorkeeper)
        {
            foreach (HeldPort held in await Task.Run(doorkeeper.Take))
            {
                network.Publisher.Adopt(held);
            }
        }

        foreach (PublishedPort lost in doorkeeper.Ports.Except(network.Publisher.Ports))
        {
            TryBindLost(network, lost);
        }

        SetState(s => s with { Doorkeeper = null, Ports = network.Publisher.Ports });
    }

    /// <summary>The VM goes on already: a port that somebody else has by now is not worth its end.</summary>
    private void TryBindLost(RunningNetwork network, PublishedPort lost)
    {
        try
        {
            network.Publisher.Add(lost);
        }
        catch (HearthException e)
        {
            _log.Warning($"its doorkeeper died, and a port is closed now: {e.Message}");
        }
    }

    /// <summary>Leaves the ports of a VM that has suspended itself with a doorkeeper.</summary>
    /// <returns>Who has them from now on; null when nobody has.</returns>
    private async Task<ProcessIdentity?> PostDoorkeeperAsync(bool suspended)
    {
        bool isIdle = suspended && _suspendedBy == SuspendCause.Idle;
        if (isIdle && _doorkeeper is not null)
        {
            return _vm.State.Doorkeeper; // A restore that failed has taken nothing.
        }

        DoorkeeperSocket.End(_vm.State);
        try
        {
            _posted = isIdle && _heldPorts.Count > 0 ? await DoorkeeperLauncher.StartAsync(_paths, _vm, _heldPorts) : null;
        }
        catch (HearthException e)
        {
            _log.Warning(e.Message);
        }

        ClosePorts();
        await (_posted is null ? Task.CompletedTask : Failpoint.ReachAsync(ChainSteps.SuspendPosted));
        return _posted?.Identity;
    }

    private void ClosePorts()
    {
        foreach (HeldPort held in _heldPorts)
        {
            held.Dispose();
        }

        _heldPorts = [];
    }

    private void DisposeDoors()
    {
        ClosePorts();
        _doorkeeper?.Dispose();
        _posted?.Dispose();
    }
}
