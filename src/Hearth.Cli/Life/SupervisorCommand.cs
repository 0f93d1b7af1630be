using System.CommandLine;
using Hearth.Core.Naming;
using Hearth.Engine.Copying;
using Hearth.Engine.Pools;
using Hearth.Engine.Supervision;

namespace Hearth.Cli.Life;

/// <summary><c>hearth supervisor ID</c>: what <c>run</c>, <c>start</c> and <c>cp</c> spawn, and for a VM that stands ready <c>pool set</c> (<c>--spare POOL</c>); hidden, not for people.</summary>
internal static class SupervisorCommand
{
    public static Command Create(CliContext context)
    {
        var id = new Argument<string>("ID") { Arity = ArgumentArity.ZeroOrOne };
        var foreground = new Option<bool>("--foreground");
        var background = new Option<bool>("--background");
        var copy = new Option<bool>("--copy");
        var spare = new Option<string?>("--spare");
        var command = new HearthCommand("supervisor", "Own one VM. Started by other commands.") { Hidden = true };
        command.Arguments.Add(id);
        command.Options.Add(foreground);
        command.Options.Add(background);
        command.Options.Add(copy);
        command.Options.Add(spare);

        // Synchronous for the parser: interrupts are not listened to, the supervisor sets its own.
        command.SetAction(parsed => (parsed.GetValue(spare) is { } pool ? Spare.RunAsync(context.Paths, pool)
            : parsed.GetValue(copy) ? CopySupervisor.RunAsync(context.Paths, parsed.GetRequiredValue(id))
            : Supervisor.RunAsync(context.Paths, parsed.GetRequiredValue(id), parsed.GetValue(foreground))).GetAwaiter().GetResult());
        command.Validators.Add(result =>
        {
            bool valid = result.GetValue(spare) is { } pool ? PoolStore.IsKey(pool) : VmId.IsValid(result.GetValue(id) ?? "");
            if (!valid)
            {
                result.AddError("ID is not a VM's whole id, or that of --spare not a pool's.");
            }
        });
        return command;
    }
}
