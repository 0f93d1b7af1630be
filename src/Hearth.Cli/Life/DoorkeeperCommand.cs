using System.CommandLine;
using Hearth.Core.Naming;
using Hearth.Engine.Doorkeeping;

namespace Hearth.Cli.Life;

/// <summary><c>hearth doorkeeper ID</c>: what the supervisor of a VM with published ports leaves behind when the VM has suspended itself; hidden, not for people.</summary>
internal static class DoorkeeperCommand
{
    public static Command Create(CliContext context)
    {
        var id = new Argument<string>("ID");
        var line = new Option<int>("--line") { Required = true };
        var command = new HearthCommand("doorkeeper", "Hold the ports of one suspended VM. Started by its supervisor.") { Hidden = true };
        command.Arguments.Add(id);
        command.Options.Add(line);
        command.SetAction(parsed => Doorkeeper.Run(context.Paths, parsed.GetRequiredValue(id), parsed.GetRequiredValue(line)));
        command.Validators.Add(static result =>
        {
            if (!VmId.IsValid(result.GetValue<string>("ID") ?? ""))
            {
                result.AddError("ID is not a VM's whole id.");
            }
        });
        return command;
    }
}
