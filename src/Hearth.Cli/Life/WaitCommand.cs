using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Parsing;
using Hearth.Cli.Run;
using Hearth.Engine.Client;

namespace Hearth.Cli.Life;

/// <summary><c>hearth wait</c>.</summary>
internal static class WaitCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string[]> vms = Targets.Argument();
        Option<bool> healthy = new("--healthy") { Description = "Wait until their health checks succeed instead, and print their names." };
        Option<string?> timeout = new("--timeout") { Description = "With --healthy: give up after this time, with exit code 1.", HelpName = "DURATION" };
        var command = new HearthCommand(
            "wait", "Wait until VMs have ended and print their exit codes.", "hearth wait job", "code=$(hearth wait job)", "hearth wait --healthy --timeout 1m db")
        {
            vms, healthy, timeout,
        };
        command.SetAction((parsed, _) =>
        {
            string[] names = parsed.GetRequiredValue(vms);
            if (!parsed.GetValue(healthy))
            {
                return parsed.GetValue(timeout) is null ? WaitForEndsAsync(context, names) : throw new UsageException(command, "--timeout goes with --healthy.");
            }

            TimeSpan? bound = FlagValues.Timeout(parsed.GetValue(timeout));
            return Targets.ForEachAsync(context, names, async (store, vm) =>
            {
                await HealthyWait.WaitAsync(store, vm, bound, context.Time, context.Cancellation);
                return vm.Name;
            });
        });
        return command;
    }

    private static Task<int> WaitForEndsAsync(CliContext context, string[] names) => Targets.ForEachAsync(
        context, names, async (store, vm) => (await ExitWait.ExitCodeAsync(store, vm, context.Cancellation)).ToString(CultureInfo.InvariantCulture));
}
