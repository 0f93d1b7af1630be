using Hearth.Engine.Shares;
using Hearth.Protocol.Agent;

namespace Hearth.Engine.Supervision;

/// <content>The host's files that the container has.</content>
public sealed partial class Supervisor
{
    private ShareServers? _shares;

    /// <summary>Serves the VM's shares from here on.</summary>
    /// <returns>What the guest is told of them.</returns>
    private IReadOnlyList<GuestShare>? StartShares(VmRun run)
    {
        if (_vm.Spec.Mounts.Count == 0)
        {
            return null;
        }

        ShareServers shares = new(_vm.Spec.Mounts, run.Instance.Ports, state: null);
        _shares = shares;
        shares.Start();
        return [.. _vm.Spec.Mounts.Select((mount, i) => new GuestShare(i, mount.Target, mount.ReadOnly, shares.IsFile(i)))];
    }

    /// <summary>Serves a restored guest, which goes on with the files that it has open, and hears what has changed meanwhile.</summary>
    private async Task ResumeSharesAsync(VmRun run, byte[]? state, CancellationToken cancellationToken)
    {
        if (_vm.Spec.Mounts.Count == 0 || state is null)
        {
            return;
        }

        ShareServers shares = new(_vm.Spec.Mounts, run.Instance.Ports, state);
        _shares = shares;
        shares.Start();
        shares.CompareAll();
        await run.Agent.CallAsync(new HoldSharesRequest(Held: false), cancellationToken);
    }

    /// <summary>The VMM is gone, and its ports with it.</summary>
    private void EndShares()
    {
        _shares?.Dispose();
        _shares = null;
    }
}
