using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Copying;
using Hearth.Engine.Events;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Linux.Processes;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth rm</c>.</summary>
internal static class RemoveCommand
{
    /// <summary>To kill a VMM and to unmount what it had takes milliseconds, on a busy machine a second.</summary>
    private static readonly TimeSpan s_endBound = TimeSpan.FromSeconds(15);

    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        var force = new Option<bool>("--force", "-f") { Description = "Kill running VMs first; VMs that do not exist are no failure." };
        var command = new HearthCommand("rm", "Remove VMs and all that they wrote.", "hearth rm web", "hearth rm -f web db") { vms, force };
        command.SetAction(async (parsed, _) =>
        {
            bool forced = parsed.GetValue(force);
            bool failed = false;
            await Targets.ForEachNameAsync(context, parsed.GetRequiredValue(vms), async (store, name) =>
            {
                try
                {
                    await RemoveAsync(context, store, store.Find(name), forced);
                    return name;
                }
                catch (HearthException e) when (!(forced && e.Code == "vm.not-found"))
                {
                    failed = true;
                    throw;
                }
            });
            return failed ? 1 : 0;
        });
        return command;
    }

    private static async Task RemoveAsync(CliContext context, VmStore store, VmModel vm, bool force)
    {
        if (force)
        {
            await EndAsync(context, store, vm);
        }
        else if (vm.IsIdle)
        {
            throw new HearthException("vm.running", $"VM {vm.Name} is only idle: it suspended itself and goes on when it is used.", $"Stop it first ('hearth stop {vm.Name}'), or use 'hearth rm -f'.", 1);
        }

        if (!Directory.Exists(vm.Directory))
        {
            return; // Its supervisor removed it (--rm).
        }

        store.Remove(vm);
        var attributes = new Dictionary<string, string>(vm.Spec.Labels) { ["name"] = vm.Name, ["image"] = vm.Spec.Image };
        new EventLog(context.Paths).Append(new HearthEvent(context.Time.GetUtcNow(), "container", "destroy", vm.Id, attributes));
    }

    /// <summary>A supervisor that stands still is killed: what is removed needs no orderly end, and has to be removable.</summary>
    private static async Task EndAsync(CliContext context, VmStore store, VmModel vm)
    {
        try
        {
            await VmStop.StopAsync(context, vm, new StopRequest(Discard: true)).WaitAsync(s_endBound, context.Time, context.Cancellation);
        }
        catch (TimeoutException)
        {
            ProcessIdentity supervisor = vm.State.Supervisor ?? throw CopyMark.Busy(vm);
            context.Error.WriteLine($"hearth: the supervisor of VM {vm.Name} did not end it within {s_endBound.TotalSeconds:0} s, and was killed");
            ProcessTable.Kill(supervisor);
            using FileLock gone = await FileLock.AcquireAsync(vm.SupervisorLock, FileLockMode.Shared, context.Cancellation);
            store.Reload(vm); // Ends and frees what a supervisor left that is dead.
        }
    }
}
