using System.CommandLine;
using Hearth.Cli.Life;
using Hearth.Cli.Networks;
using Hearth.Cli.Parsing;
using Hearth.Cli.Sessions;
using Hearth.Cli.Snapshots;
using Hearth.Cli.Terminal;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Engine.Admission;
using Hearth.Engine.Pools;
using Hearth.Engine.Snapshots;
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
        var from = new Option<string?>("--from") { Description = "Go on from a snapshot instead of an image; of the other options only those about the VM's name, labels, end, idleness, ports and what it may reach count.", HelpName = "SNAPSHOT" };
        var waitHealthy = new Option<string?>("--wait-healthy") { Description = "With -d: return once the container is healthy; end the VM when it is not within this time.", HelpName = "DURATION" };
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
        options.Image.Arity = ArgumentArity.ZeroOrOne;
        command.Options.Add(from);
        command.Options.Add(detach);
        command.Options.Add(detachKeys);
        command.Options.Add(waitHealthy);
        command.Options.Add(signalProxy);
        command.SetAction(async (parsed, _) =>
        {
            bool background = parsed.GetValue(detach);
            TimeSpan? healthyWithin = ReadWait(parsed.GetValue(waitHealthy), background);
            if (parsed.GetValue(from) is { } snapshot)
            {
                var start = new CloneStart(snapshot, background, healthyWithin, DetachKeys.Parse(parsed.GetValue(detachKeys)!));
                return await RunFromAsync(context, command, options, parsed, start);
            }

            if (parsed.GetValue(options.Image) is null)
            {
                throw new UsageException(command, "IMAGE is missing.");
            }

            VmFlags flags = FlagReader.FreezeWhenHealthy(FlagReader.Read(options, parsed, context.Variable), background);
            var session = new SessionOptions(flags.Tty, flags.Interactive, DetachKeys.Parse(parsed.GetValue(detachKeys)!)) { ForwardSignals = parsed.GetValue(signalProxy) };
            if (!background)
            {
                ClientSession.RequireTerminal(flags.Tty, flags.Interactive);
            }

            RequireCheck(healthyWithin, flags);
            using FirstRun first = new(context);
            (VmModel vm, SpareHold? spare) = await VmCreation.CreateAsync(context, options, parsed, flags, first);
            await using (spare)
            {
                return await first.StartAsync(vm, spare, () => background ? StartDetachedAsync(context, vm, spare, healthyWithin) : RunAsync(context, vm, session, spare));
            }
        });
        return command;
    }

    private static TimeSpan? ReadWait(string? text, bool background)
    {
        TimeSpan? bound = FlagValues.Timeout(text, "--wait-healthy");
        return bound is null || background ? bound : throw new HearthException("flags.conflict", "--wait-healthy goes with -d.", "A foreground run stays with its command anyway: leave one out.");
    }

    /// <summary>What can be known before the image is: that there is no check.</summary>
    private static void RequireCheck(TimeSpan? healthyWithin, VmFlags flags)
    {
        if (healthyWithin is not null && flags.Health.IsOff)
        {
            throw new HearthException("flags.conflict", "--wait-healthy and --no-healthcheck exclude each other.", "Leave one out.");
        }
    }

    private static async Task<int> RunFromAsync(CliContext context, HearthCommand command, VmOptions options, ParseResult parsed, CloneStart start)
    {
        if (parsed.GetValue(options.Image) is not null)
        {
            throw new UsageException(command, "--from takes no IMAGE and no COMMAND: what ran in the snapshot runs on.");
        }

        string? name = parsed.GetValue(options.Name);
        if (name is not null)
        {
            DnsLabel.Require(name);
        }

        FrozenState state = new SnapshotStore(HearthHome.Open(context.Paths).Paths).Require(start.Snapshot);
        var creation = new CloneCreation(name, parsed.GetValue(options.Remove), FlagValues.Labels([], parsed.GetValue(options.Label) ?? []))
        {
            IdleSuspend = FlagValues.IdleSuspend(parsed.GetValue(options.IdleSuspend)),
            Ports = parsed.GetValue(options.Network.Publish) is { Length: > 0 } publish ? NetworkOptions.ReadPorts(publish) : null,
            Egress = options.Network.Egress.Read(parsed),
        };
        creation.RequireReadable(context);
        using CopyClaim claim = await CopyClaim.TakeAsync(context.Paths, $"snapshot {start.Snapshot}", 1, () => FreeMemory.AvailableBytes(context.Variable), context.Cancellation);
        using FirstRun first = new(context);
        VmModel vm = creation.Create(context, state, first.Mark);
        ProcessSpec process = vm.Spec.Container.Process;
        return await first.StartAsync(vm, null, () => start.IsDetached
            ? StartDetachedAsync(context, vm, null, start.HealthyWithin)
            : RunAsync(context, vm, new SessionOptions(process.Tty, process.Interactive, start.Keys) { UntilStarted = claim }));
    }

    private static async Task<int> StartDetachedAsync(CliContext context, VmModel vm, SpareHold? spare, TimeSpan? healthyWithin)
    {
        if (healthyWithin is not null && vm.Spec.Health is null)
        {
            new VmStore(context.Paths).Remove(vm);
            throw new HearthException("health.none", $"--wait-healthy: VM {vm.Name} has no health check.", "Give it one: --health-cmd, --health-http or --health-tcp.");
        }

        await VmStart.DetachedAsync(context, vm, spare, healthyWithin);
        context.Out.WriteLine(vm.Id);
        return 0;
    }

    private static async Task<int> RunAsync(CliContext context, VmModel vm, SessionOptions options, SpareHold? spare = null)
    {
        try
        {
            return await VmStart.ForegroundAsync(context, vm, options, spare);
        }
        catch (HearthException e) when (vm.Spec.AutoRemove && e.Code == "supervisor.failed")
        {
            // Nobody else is left who would keep the promise of --rm.
            new VmStore(context.Paths).Remove(vm);
            throw;
        }
    }

    /// <summary>How a copy of a snapshot is started.</summary>
    private sealed record CloneStart(string Snapshot, bool IsDetached, TimeSpan? HealthyWithin, DetachKeys? Keys);
}
