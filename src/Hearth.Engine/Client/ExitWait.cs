using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Client;

/// <summary>Waits until a VM has ended. Being suspended is no end: the wait goes on with the VM.</summary>
public static class ExitWait
{
    /// <summary>Returns the exit code of the VM's last run.</summary>
    public static async Task<int> ExitCodeAsync(VmStore store, VmModel vm, CancellationToken cancellationToken)
    {
        int code = vm.State.ExitCode ?? 0;
        while (TryReload(store, vm) is { } now)
        {
            if (now.IsActive)
            {
                code = await AskAsync(now, cancellationToken) ?? TryReload(store, now)?.State.ExitCode ?? ExitCodes.HearthFailed;
                if (TryReload(store, now) is not { State.Status: VmStatus.Suspended })
                {
                    return code;
                }
            }
            else if (now.State.Status != VmStatus.Suspended)
            {
                return now.State.ExitCode ?? 0;
            }

            await WaitWhileSuspendedAsync(store, vm, cancellationToken);
        }

        return code; // Removed while it was suspended.
    }

    internal static async Task WaitWhileSuspendedAsync(VmStore store, VmModel vm, CancellationToken cancellationToken)
    {
        // Watched from before the look, so that no change falls between the two.
        using FollowedFile changes = new(vm.Directory, "state.json*");
        while (TryReload(store, vm) is { State.Status: VmStatus.Suspended })
        {
            await changes.ChangedAsync(cancellationToken);
        }
    }

    /// <summary>Null when it ended between two looks, or its supervisor died: what the state says then stands.</summary>
    private static async Task<int?> AskAsync(VmModel vm, CancellationToken cancellationToken)
    {
        try
        {
            byte[] exit = await ControlConnection.CallAsync(vm, new WaitExitRequest(), cancellationToken);
            return FrameReader.Parse(exit, ProtocolJson.Default.ExitMessage).ExitCode;
        }
        catch (HearthException e) when (e.Code is "vm.not-running" or "vm.suspended")
        {
            return null;
        }
    }

    internal static VmModel? TryReload(VmStore store, VmModel vm)
    {
        try
        {
            return store.Reload(vm);
        }
        catch (HearthException e) when (e.Code == "vm.not-found")
        {
            return null;
        }
    }
}
