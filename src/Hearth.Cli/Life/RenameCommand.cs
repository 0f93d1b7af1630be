using System.CommandLine;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Engine.Events;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth rename</c>.</summary>
internal static class RenameCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string> vm = Targets.One();
        var name = new Argument<string>("NAME") { Description = "The new name, a DNS label." };
        var command = new HearthCommand("rename", "Give a VM another name.", "hearth rename web old-web") { vm, name };
        command.SetAction(async (parsed, _) =>
        {
            VmStore store = HearthHome.Open(context.Paths).Vms;
            VmModel old = store.Find(parsed.GetRequiredValue(vm));
            VmModel renamed = store.Rename(old, parsed.GetRequiredValue(name));
            if (renamed.IsActive)
            {
                await TellAsync(context, renamed);
            }

            Dictionary<string, string> attributes = new(renamed.Spec.Labels) { ["name"] = renamed.Name, ["oldName"] = old.Name, ["image"] = renamed.Spec.Image };
            new EventLog(context.Paths).Append(new HearthEvent(context.Time.GetUtcNow(), "container", "rename", renamed.Id, attributes));
            return 0;
        });
        return command;
    }

    private static async Task TellAsync(CliContext context, VmModel vm)
    {
        try
        {
            await ControlConnection.CallAsync(vm, new RenameRequest(vm.Name), context.Cancellation);
        }
        catch (HearthException e) when (e.Code == "vm.not-running")
        {
            // It ended meanwhile; the name on disk is the new one.
        }
    }
}
