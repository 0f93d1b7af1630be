using System.CommandLine;
using System.Globalization;
using Hearth.Engine.Client;

namespace Hearth.Cli.Life;

/// <summary><c>hearth wait</c>.</summary>
internal static class WaitCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        var command = new HearthCommand("wait", "Wait until VMs have ended and print their exit codes.", "hearth wait job", "code=$(hearth wait job)") { vms };
        command.SetAction((parsed, _) => Targets.ForEachAsync(
            context, parsed.GetRequiredValue(vms), async (store, vm) => (await ExitWait.ExitCodeAsync(store, vm, context.Cancellation)).ToString(CultureInfo.InvariantCulture)));
        return command;
    }
}
