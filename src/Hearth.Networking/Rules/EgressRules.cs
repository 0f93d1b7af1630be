using Hearth.Networking.Dns;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Rules;

/// <summary>
/// Keeps the rule set of a VM's network namespace in step with its gate: loads it, opens what DNS gives out, and exchanges both
/// for another policy. One transaction at a time.
/// </summary>
/// <param name="gate">The VM's.</param>
/// <param name="rules">What the rule set is made from; its policy is the gate's.</param>
/// <param name="apply">Runs <c>nft -f -</c> with a text in the VM's network namespace; throws when nft refuses it.</param>
public sealed class EgressRules(EgressGate gate, VmRuleSet rules, Func<string, CancellationToken, Task> apply) : IDisposable
{
    // Held over each transaction: what an answer opens must be meant for the sets that are there, and a set of another policy
    // with the same name may be about other ports.
    private readonly SemaphoreSlim _turn = new(1);
    private VmRuleSet _loaded = rules;

    /// <summary>Loads the rule set. Before this returns, nothing may connect the guest's device.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        gate.Opening = OpenAsync;
        await ExchangeAsync(_loaded, cancellationToken);
    }

    /// <summary>Puts another policy in place of the one that holds. When it cannot be, the old one goes on, in all parts.</summary>
    public async Task ReplaceAsync(EgressPolicy policy, CancellationToken cancellationToken)
    {
        await ExchangeAsync(_loaded with { Policy = policy }, cancellationToken);
        gate.ReportChanged();
    }

    /// <summary>The same policy where the network has changed. When that cannot be, what was loaded goes on.</summary>
    public Task ReshapeAsync(Func<VmRuleSet, VmRuleSet> change, CancellationToken cancellationToken) => ExchangeAsync(change(_loaded), cancellationToken);

    public void Dispose()
    {
        gate.Opening = null;
        _turn.Dispose();
    }

    private async Task ExchangeAsync(VmRuleSet next, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            next = next with { Generation = _loaded.Generation + 1 };
            await apply(NftRules.Load(next, gate.Granted.Snapshot()), cancellationToken);
            _loaded = next;
            gate.Replace(next.Policy);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task OpenAsync(DnsAnswer answer, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (NftRules.Open(_loaded.Policy, answer) is { } text)
            {
                await apply(text, cancellationToken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }
}
