using System.CommandLine;
using Hearth.Cli.Life;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Snapshots;

/// <summary><c>hearth suspend</c> and <c>hearth resume</c>.</summary>
internal static class SuspendCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        HearthCommand command = new("suspend", "Freeze VMs to disk and release their memory and processes.", "hearth suspend web") { vms };
        command.SetAction((parsed, _) => Targets.ForEachAsync(context, parsed.GetRequiredValue(vms), async (_, vm) =>
        {
            await SuspendAsync(context, vm);
            return vm.Name;
        }));
        return command;
    }

    public static Command CreateResume(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        HearthCommand command = new("resume", "Let suspended VMs go on where they were.", "hearth resume web") { vms };
        command.SetAction((parsed, _) => Targets.ForEachAsync(context, parsed.GetRequiredValue(vms), async (_, vm) =>
        {
            if (vm.State.Status != VmStatus.Suspended)
            {
                throw new HearthException("vm.not-suspended", $"VM {vm.Name} is {Words.Of(vm.State.Status)}, not suspended.", null, 1);
            }

            await VmStart.DetachedAsync(context, vm);
            return vm.Name;
        }));
        return command;
    }

    /// <summary>A VM that suspended itself, or does so just now, stays so from now on.</summary>
    private static async Task SuspendAsync(CliContext context, VmModel vm)
    {
        if (vm.IsIdle && await VmWaker.KeepAsleepAsync(context.Paths, vm, context.Cancellation))
        {
            return;
        }

        if (!vm.IsActive && !vm.IsIdle)
        {
            throw new HearthException("vm.not-running", $"VM {vm.Name} is {Words.Of(vm.State.Status)}, not running.", null, 1);
        }

        try
        {
            await VmStop.EndAsync(context, vm, new SuspendRequest());
        }
        catch (HearthException e) when (e.Code == "vm.suspended")
        {
            if (!await VmWaker.KeepAsleepAsync(context.Paths, vm, context.Cancellation))
            {
                throw;
            }
        }
    }
}
