using System.CommandLine;
using Hearth.Cli.Run;
using Hearth.Cli.Sessions;
using Hearth.Cli.Terminal;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Exec;

/// <summary><c>hearth exec</c>.</summary>
internal static class ExecCommand
{
    public static Command Create(CliContext context)
    {
        var options = new ExecOptions();
        var command = new HearthCommand(
            "exec",
            "Run one more command in a running VM's container.",
            "hearth exec web ls -l /srv",
            "hearth exec -it web sh",
            "hearth exec -u nobody -w /tmp -e DEBUG=1 web env",
            "hearth exec --vm web dmesg")
        {
            StopsAtFirstArgument = true,
        };
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(context, options, parsed));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, ExecOptions options, ParseResult parsed)
    {
        bool tty = parsed.GetValue(options.Tty);
        bool interactive = parsed.GetValue(options.Interactive);
        bool detach = parsed.GetValue(options.Detach);
        var session = new SessionOptions(tty, interactive && !detach, DetachKeys.Parse(parsed.GetValue(options.DetachKeys)!));
        IReadOnlyList<string> changes = EnvironmentEntries.Collect(parsed.GetValue(options.EnvFile) ?? [], parsed.GetValue(options.Env) ?? [], context.Variable);
        string? directory = FlagValues.WorkingDirectory(parsed.GetValue(options.WorkingDirectory));
        if (!detach)
        {
            ClientSession.RequireTerminal(tty, interactive);
        }

        VmModel vm = HearthHome.Open(context.Paths).Vms.Find(parsed.GetRequiredValue(options.Vm));
        bool inVm = parsed.GetValue(options.InVm);
        ProcessSpec basis = inVm ? ExecSpec.InGuest : vm.Spec.Container.Process;
        (int rows, int columns) = tty ? ClientSession.WindowSize() : default;
        ProcessSpec process = ExecSpec.Build(basis, parsed.GetRequiredValue(options.Command), changes, tty) with
        {
            WorkingDirectory = directory ?? basis.WorkingDirectory,
            User = parsed.GetValue(options.User) ?? basis.User,
            Interactive = session.Stdin,
            Rows = rows,
            Columns = columns,
            Privileged = parsed.GetValue(options.Privileged) || basis.Privileged,
        };
        var request = new ExecRequest(process, inVm, detach);
        await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, vm, context.Cancellation);
        vm = awake.Vm;
        if (detach)
        {
            await ControlConnection.CallAsync(vm, request, context.Cancellation);
            return 0;
        }

        await using ControlConnection connection = await ControlConnection.ConnectAsync(vm, request, context.Cancellation);
        return (await new ClientSession(context, session).RunAsync(connection)).ExitCode;
    }
}
