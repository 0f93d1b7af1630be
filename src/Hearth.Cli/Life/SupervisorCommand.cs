using System.CommandLine;
using Hearth.Core.Naming;
using Hearth.Engine.Copying;
using Hearth.Engine.Supervision;

namespace Hearth.Cli.Life;

/// <summary><c>hearth supervisor ID</c>: what <c>run</c>, <c>start</c> and <c>cp</c> spawn; hidden, not for people.</summary>
internal static class SupervisorCommand
{
    public static Command Create(CliContext context)
    {
        var id = new Argument<string>("ID");
        var foreground = new Option<bool>("--foreground");
        var background = new Option<bool>("--background");
        var copy = new Option<bool>("--copy");
        var command = new HearthCommand("supervisor", "Own one VM. Started by other commands.") { Hidden = true };
        command.Arguments.Add(id);
        command.Options.Add(foreground);
        command.Options.Add(background);
        command.Options.Add(copy);

        // Synchronous for the parser: interrupts are not listened to, the supervisor sets its own.
        command.SetAction(parsed => (parsed.GetValue(copy)
            ? CopySupervisor.RunAsync(context.Paths, parsed.GetRequiredValue(id))
            : Supervisor.RunAsync(context.Paths, parsed.GetRequiredValue(id), parsed.GetValue(foreground))).GetAwaiter().GetResult());
        command.Validators.Add(result =>
        {
            if (!VmId.IsValid(result.GetValue(id) ?? ""))
            {
                result.AddError("ID is not a VM's whole id.");
            }
        });
        return command;
    }
}
