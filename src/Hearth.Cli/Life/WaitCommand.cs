using System.CommandLine;
using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Engine.Store;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Life;

/// <summary><c>hearth wait</c>.</summary>
internal static class WaitCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        var command = new HearthCommand("wait", "Wait until VMs have ended and print their exit codes.", "hearth wait job", "code=$(hearth wait job)") { vms };
        command.SetAction((parsed, _) => Targets.ForEachAsync(
            context, parsed.GetRequiredValue(vms), async (store, vm) => (await ExitCodeAsync(context, store, vm)).ToString(CultureInfo.InvariantCulture)));
        return command;
    }

    private static async Task<int> ExitCodeAsync(CliContext context, VmStore store, VmModel vm)
    {
        if (!vm.IsActive)
        {
            return vm.State.ExitCode ?? 0;
        }

        try
        {
            byte[] exit = await ControlConnection.CallAsync(vm, new WaitExitRequest(), context.Cancellation);
            return FrameReader.Parse(exit, ProtocolJson.Default.ExitMessage).ExitCode;
        }
        catch (HearthException e) when (e.Code == "vm.not-running")
        {
            // It ended between the two looks, or its supervisor died: what the state says then stands.
            return store.Reload(vm).State.ExitCode ?? ExitCodes.HearthFailed;
        }
    }
}
