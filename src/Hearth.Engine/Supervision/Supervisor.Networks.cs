using Hearth.Core.Errors;
using Hearth.Engine.Networks;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;

namespace Hearth.Engine.Supervision;

/// <content>Named networks that a VM joins and leaves while it runs.</content>
public sealed partial class Supervisor
{
    /// <summary>The host's side, then the guest, then the spec, so that the next start has it. What fails takes back what was done.</summary>
    /// <exception cref="HearthException"><c>vm.no-network</c>, <c>network.…</c>, or why the guest does not take it.</exception>
    private async Task ChangeMembershipAsync(ChangeMembershipRequest request)
    {
        await _egressTurn.WaitAsync(_end.Token);
        try
        {
            VmRun run = RequireRunning();
            RunningNetwork network = _network
                ?? throw new HearthException("vm.no-network", $"VM {_vm.Name} has no network.", "It was run with --network none; run it anew.", 1);
            if (request.Join)
            {
                await network.JoinAsync(request.Network, _end.Token);
            }
            else if (network.Network.Memberships.Any(membership => membership.Network == request.Network))
            {
                await network.LeaveAsync(request.Network, _end.Token);
            }

            try
            {
                await TellGuestAsync(run, network);
            }
            catch when (request.Join)
            {
                await network.LeaveAsync(request.Network, CancellationToken.None);
                throw;
            }

            _home.Vms.ChangeMembership(_vm, request.Network, request.Join);
            lock (_stateLock)
            {
                _vm = _vm with { Spec = _vm.Spec with { Network = _vm.Spec.Network?.WithNetwork(request.Network, request.Join) } };
            }

            RecordNetwork(network);
        }
        finally
        {
            _egressTurn.Release();
        }
    }

    private async Task TellGuestAsync(VmRun run, RunningNetwork network)
    {
        GuestConfiguration wanted = ConfigurationBuilder.Build(_vm.Spec, "", network.Network, _time);
        await run.Agent.CallAsync(new ChangeNetworkRequest(wanted.Network!, wanted.Resolvers, wanted.Hosts), _end.Token);
    }
}
