using System.CommandLine;
using Hearth.Cli.Parsing;
using Hearth.Cli.Sessions;
using Hearth.Cli.Terminal;
using Hearth.Engine.Store;

namespace Hearth.Cli.Life;

/// <summary><c>hearth start</c>.</summary>
internal static class StartCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        var attach = new Option<bool>("--attach", "-a") { Description = "Join its output and signals, as a foreground 'run' does." };
        var interactive = new Option<bool>("--interactive", "-i") { Description = "Join its standard input too." };
        Option<string> detachKeys = AttachCommand.DetachKeysOption();
        var command = new HearthCommand("start", "Start VMs that were created or have ended.", "hearth start web", "hearth start -ai shell") { vms, attach, interactive, detachKeys };
        command.SetAction(async (parsed, _) =>
        {
            string[] names = parsed.GetRequiredValue(vms);
            bool stdin = parsed.GetValue(interactive);
            if (!stdin && !parsed.GetValue(attach))
            {
                return await Targets.ForEachNameAsync(context, names, (store, name) => StartAsync(context, store, name));
            }

            if (names.Length > 1)
            {
                throw new UsageException(command, "only one VM can be started with -a or -i.");
            }

            DetachKeys? keys = DetachKeys.Parse(parsed.GetRequiredValue(detachKeys));
            VmModel vm = HearthHome.Open(context.Paths).Vms.Find(names[0]);
            bool tty = vm.Spec.Container.Process.Tty;
            var options = new SessionOptions(tty, stdin && vm.Spec.Container.Process.Interactive, keys);
            ClientSession.RequireTerminal(tty, options.Stdin);
            return vm.IsActive ? await AttachCommand.AttachAsync(context, vm, options) : await VmStart.ForegroundAsync(context, vm, options);
        });
        return command;
    }

    private static async Task<string> StartAsync(CliContext context, VmStore store, string name)
    {
        VmModel vm = store.Find(name);
        if (!vm.IsActive)
        {
            await VmStart.DetachedAsync(context, vm);
        }

        return name;
    }
}
