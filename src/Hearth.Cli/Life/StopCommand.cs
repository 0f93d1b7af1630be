using System.CommandLine;
using Hearth.Cli.Run;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Life;

/// <summary><c>hearth stop</c>.</summary>
internal static class StopCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        Option<string?> time = TimeOption();
        Option<string?> signal = SignalOption();
        var command = new HearthCommand("stop", "Stop VMs: the stop signal, then SIGKILL after a time.", "hearth stop web", "hearth stop -t 30 web db") { vms, time, signal };
        command.SetAction((parsed, _) =>
        {
            StopRequest request = ReadRequest(parsed, time, signal, restarting: false);
            return Targets.ForEachNameAsync(context, parsed.GetRequiredValue(vms), async (store, name) =>
            {
                await VmStop.StopAsync(context, store.Find(name), request);
                return name;
            });
        });
        return command;
    }

    public static Option<string?> TimeOption() =>
        new("--time", "-t", "--timeout") { Description = "Seconds until SIGKILL; -1 waits without end.", HelpName = "SECONDS" };

    public static Option<string?> SignalOption() => new("--signal", "-s") { Description = "Signal in place of the VM's stop signal.", HelpName = "SIGNAL" };

    public static StopRequest ReadRequest(ParseResult parsed, Option<string?> time, Option<string?> signal, bool restarting) => new(
        FlagValues.Seconds("--time", parsed.GetValue(time)),
        parsed.GetValue(signal) is { } name ? Signals.Require(name) : null,
        restarting);
}
