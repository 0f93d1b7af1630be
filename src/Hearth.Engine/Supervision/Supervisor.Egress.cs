using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Networks;
using Hearth.Networking.Egress;

namespace Hearth.Engine.Supervision;

/// <content>What the guest may reach.</content>
public sealed partial class Supervisor
{
    /// <summary>One at a time: a network begins to serve, or its policy is changed.</summary>
    private readonly SemaphoreSlim _egressTurn = new(1, 1);

    /// <summary>Serves the guest's network by the policy that holds now. Before this returns, the guest's container may not run.</summary>
    /// <exception cref="HearthException">A port cannot be bound, or the policy cannot be put in force: the VM does not start.</exception>
    private async Task ServeNetworkAsync(RunningNetwork network, NetworkSpec asked, CancellationToken cancellationToken)
    {
        await _egressTurn.WaitAsync(cancellationToken);
        try
        {
            EgressSettings? settings = _vm.Spec.Network?.Egress;
            await network.ServeAsync(asked, Policy(settings), _vm.EgressLog, cancellationToken);
        }
        finally
        {
            _egressTurn.Release();
        }
    }

    /// <summary>First in the network, if there is one, then in the spec, so that the next start has it.</summary>
    /// <exception cref="HearthException"><c>vm.no-network</c>, <c>egress.…</c>: the policy before holds on.</exception>
    private async Task ChangeEgressAsync(EgressChange change)
    {
        await _egressTurn.WaitAsync(_end.Token);
        try
        {
            NetworkSpec spec = _vm.Spec.Network
                ?? throw new HearthException("vm.no-network", $"VM {_vm.Name} has no network.", "It was run with --network none and reaches nothing; run it anew.", 1);
            EgressSettings next = change.ApplyTo(spec.Egress);
            EgressPolicy policy = Policy(next);
            if (_network is { } network)
            {
                await network.ChangeEgressAsync(policy, _end.Token);
            }

            lock (_stateLock)
            {
                _vm = _vm with { Spec = _vm.Spec with { Network = spec with { Egress = next.IsOpen ? null : next } } };
            }

            _home.Vms.ChangeEgress(_vm, _ => next);
        }
        finally
        {
            _egressTurn.Release();
        }
    }

    /// <summary>Who is on internal networks only reaches nobody else, whatever else is said, and no name is asked for outside.</summary>
    private EgressPolicy Policy(EgressSettings? settings) =>
        _vm.Spec.Network?.Mode == NetworkMode.Internal ? EgressPolicy.Create(new EgressSettings(EgressMode.None, [], []), new EgressPresets(_paths.EgressPresets))
        : settings is null ? EgressPolicy.Open
        : EgressPolicy.Create(settings, new EgressPresets(_paths.EgressPresets));
}
