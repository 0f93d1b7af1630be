using System.CommandLine;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth pause</c> and <c>hearth unpause</c>.</summary>
internal static class PauseCommand
{
    public static Command Create(CliContext context) =>
        Create(context, "pause", "Stop the virtual CPUs of VMs.", new PauseRequest());

    public static Command CreateUnpause(CliContext context) =>
        Create(context, "unpause", "Let paused VMs go on.", new UnpauseRequest());

    private static HearthCommand Create(CliContext context, string name, string description, ControlRequest request)
    {
        Argument<string[]> vms = Targets.Argument();
        var command = new HearthCommand(name, description, $"hearth {name} web") { vms };
        command.SetAction((parsed, _) => Targets.ForEachNameAsync(context, parsed.GetRequiredValue(vms), async (store, target) =>
        {
            await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, store.Find(target), context.Cancellation);
            await ControlConnection.CallAsync(awake.Vm, request, context.Cancellation);
            return target;
        }));
        return command;
    }
}
