using System.CommandLine;
using Hearth.Cli.Life;
using Hearth.Cli.Sessions;
using Hearth.Cli.Terminal;
using Hearth.Core.Errors;
using Hearth.Engine.Store;

namespace Hearth.Cli.Run;

/// <summary><c>hearth run</c>.</summary>
internal static class RunCommand
{
    public static Command Create(CliContext context)
    {
        var options = new VmOptions();
        var detach = new Option<bool>("--detach", "-d") { Description = "Leave the VM running and print its id." };
        var detachKeys = new Option<string>("--detach-keys") { Description = "Keys that leave the session and let the VM run on.", HelpName = "KEYS", DefaultValueFactory = static _ => DetachKeys.Default };
        var signalProxy = new Option<bool>("--sig-proxy") { Description = "Pass signals on to the command.", DefaultValueFactory = static _ => true };
        var command = new HearthCommand(
            "run",
            "Run a command in a new VM.",
            "hearth run --rm alpine echo hello",
            "hearth run --rm -it @debian bash",
            "hearth run -d --name web -m 256M -c 2 nginx",
            "tar c . | hearth run --rm -i @busybox -- tar t")
        {
            StopsAtFirstArgument = true,
        };
        options.AddTo(command);
        command.Options.Add(detach);
        command.Options.Add(detachKeys);
        command.Options.Add(signalProxy);
        command.SetAction(async (parsed, _) =>
        {
            VmFlags flags = FlagReader.Read(options, parsed, context.Variable);
            var session = new SessionOptions(flags.Tty, flags.Interactive, DetachKeys.Parse(parsed.GetValue(detachKeys)!)) { ForwardSignals = parsed.GetValue(signalProxy) };
            bool background = parsed.GetValue(detach);
            if (!background)
            {
                ClientSession.RequireTerminal(flags.Tty, flags.Interactive);
            }

            VmModel vm = await VmCreation.CreateAsync(context, options, parsed, flags);
            return background ? await StartDetachedAsync(context, vm) : await RunAsync(context, vm, session);
        });
        return command;
    }

    private static async Task<int> StartDetachedAsync(CliContext context, VmModel vm)
    {
        await VmStart.DetachedAsync(context, vm);
        context.Out.WriteLine(vm.Id);
        return 0;
    }

    private static async Task<int> RunAsync(CliContext context, VmModel vm, SessionOptions options)
    {
        try
        {
            return await VmStart.ForegroundAsync(context, vm, options);
        }
        catch (HearthException e) when (vm.Spec.AutoRemove && e.Code == "supervisor.failed")
        {
            // Nobody else is left who would keep the promise of --rm.
            new VmStore(context.Paths).Remove(vm);
            throw;
        }
    }
}
