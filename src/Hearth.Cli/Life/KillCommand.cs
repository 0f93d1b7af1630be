using System.CommandLine;
using Hearth.Cli.Run;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth kill</c>.</summary>
internal static class KillCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        var signal = new Option<string>("--signal", "-s") { Description = "The signal.", HelpName = "SIGNAL", DefaultValueFactory = static _ => "KILL" };
        var command = new HearthCommand("kill", "Send a signal to the first process of VMs' containers.", "hearth kill web", "hearth kill -s HUP web") { vms, signal };
        command.SetAction((parsed, _) =>
        {
            string name = Signals.Require(parsed.GetRequiredValue(signal));
            return Targets.ForEachNameAsync(context, parsed.GetRequiredValue(vms), async (store, target) =>
            {
                await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, store.Find(target), context.Cancellation);
                await ControlConnection.CallAsync(awake.Vm, new KillRequest(name), context.Cancellation);
                return target;
            });
        });
        return command;
    }
}
