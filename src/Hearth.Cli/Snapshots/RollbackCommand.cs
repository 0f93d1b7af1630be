using System.CommandLine;
using Hearth.Cli.Life;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Snapshots;

/// <summary><c>hearth rollback</c>.</summary>
internal static class RollbackCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string> name = Targets.One();
        Argument<string> snapshot = new("SNAPSHOT") { Description = "Name of the snapshot." };
        HearthCommand command = new("rollback", "Take a VM back to a snapshot: memory, processes and disk. Its id and name stay.", "hearth rollback web before-upgrade") { name, snapshot };
        command.SetAction(async (parsed, _) =>
        {
            HearthHome home = HearthHome.Open(context.Paths);
            VmModel vm = home.Vms.Find(parsed.GetRequiredValue(name));
            FrozenState state = new SnapshotStore(context.Paths).Require(parsed.GetRequiredValue(snapshot));
            SnapshotOwner.Require(vm, state);
            if (!vm.IsActive || !await TryRunningAsync(context, vm, state))
            {
                await VmStart.WaitForCopyAsync(context, vm);
                await PlaceAsync(context, home.Vms, vm, state);
                await VmStart.DetachedAsync(context, home.Vms.Reload(vm));
            }

            context.Out.WriteLine(vm.Name);
            return 0;
        });
        return command;
    }

    /// <summary>Makes the files of a VM that does not run those of the snapshot. Nobody starts it, or copies from it, meanwhile.</summary>
    private static async Task PlaceAsync(CliContext context, VmStore store, VmModel vm, FrozenState state)
    {
        using FileLock? files = await VmWaker.TryTakeFilesAsync(vm, context.Cancellation);
        VmModel now = store.Reload(vm);
        if (files is null || now.IsActive)
        {
            throw new HearthException("vm.running", $"VM {vm.Name} was started meanwhile.", $"Try again: 'hearth rollback {vm.Name} {state.Manifest.Name}' takes it back while it runs.", 1);
        }

        CloneFiles.Place(now, state);
        ForgetTimeout(now);
    }

    /// <summary>What a suspended VM has used of its <c>--timeout</c> was another past's.</summary>
    private static void ForgetTimeout(VmModel vm)
    {
        if (vm.State.TimeoutUsed is not null)
        {
            VmFiles.WriteState(vm.Directory, vm.State with { TimeoutUsed = null });
        }
    }

    /// <summary>False when the VM was just suspending itself.</summary>
    private static async Task<bool> TryRunningAsync(CliContext context, VmModel vm, FrozenState state)
    {
        try
        {
            await ControlConnection.CallAsync(vm, new RollbackRequest(state.Manifest.Name), context.Cancellation);
            return true;
        }
        catch (HearthException e) when (e.Code == "vm.suspended")
        {
            return false;
        }
    }
}
