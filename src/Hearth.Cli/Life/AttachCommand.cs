using System.CommandLine;
using Hearth.Cli.Sessions;
using Hearth.Cli.Terminal;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth attach</c>.</summary>
internal static class AttachCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string> name = Targets.One();
        var noStdin = new Option<bool>("--no-stdin") { Description = "Do not pass standard input on." };
        Option<string> detachKeys = DetachKeysOption();
        var signalProxy = new Option<bool>("--sig-proxy") { Description = "Pass signals on to the command.", DefaultValueFactory = static _ => true };
        var command = new HearthCommand("attach", "Join the standard streams of a running VM.", "hearth attach web", "hearth attach --no-stdin web") { name, noStdin, detachKeys, signalProxy };
        command.SetAction(async (parsed, _) =>
        {
            DetachKeys? keys = DetachKeys.Parse(parsed.GetRequiredValue(detachKeys));
            VmModel vm = HearthHome.Open(context.Paths).Vms.Find(parsed.GetRequiredValue(name));
            ProcessSpec process = vm.Spec.Container.Process;
            var options = new SessionOptions(process.Tty, process.Interactive && !parsed.GetValue(noStdin), keys) { ForwardSignals = parsed.GetValue(signalProxy) };
            return await AttachAsync(context, vm, options);
        });
        return command;
    }

    public static Option<string> DetachKeysOption() =>
        new("--detach-keys") { Description = "Keys that leave the session and let the VM run on.", HelpName = "KEYS", DefaultValueFactory = static _ => DetachKeys.Default };

    /// <summary>Joins a VM that runs; its life stays its own.</summary>
    public static async Task<int> AttachAsync(CliContext context, VmModel vm, SessionOptions options)
    {
        if (vm.State.Status == VmStatus.Paused)
        {
            throw new HearthException("vm.paused", $"VM {vm.Name} is paused.", $"'hearth unpause {vm.Name}' lets it go on.", 1);
        }

        ClientSession.RequireTerminal(options.Tty, options.Stdin);
        await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, vm, context.Cancellation);
        await using ControlConnection connection = await ControlConnection.ConnectAsync(awake.Vm, new AttachRequest(options.Stdin), context.Cancellation);
        return (await new ClientSession(context, options).RunAsync(connection)).ExitCode;
    }
}
