using System.CommandLine;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth restart</c>.</summary>
internal static class RestartCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        Option<string?> time = StopCommand.TimeOption();
        Option<string?> signal = StopCommand.SignalOption();
        var command = new HearthCommand("restart", "Stop VMs and start them again.", "hearth restart web", "hearth restart -t 2 web") { vms, time, signal };
        command.SetAction((parsed, _) =>
        {
            StopRequest request = StopCommand.ReadRequest(parsed, time, signal, restarting: true);
            return Targets.ForEachNameAsync(context, parsed.GetRequiredValue(vms), async (store, name) =>
            {
                var vm = store.Find(name);
                await VmStop.StopAsync(context, vm, request);
                await VmStart.DetachedAsync(context, store.Reload(vm));
                return name;
            });
        });
        return command;
    }
}
