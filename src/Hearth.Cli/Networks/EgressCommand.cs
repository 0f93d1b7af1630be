using System.CommandLine;
using Hearth.Cli.Life;
using Hearth.Cli.Listing;
using Hearth.Cli.Parsing;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Networks;
using Hearth.Engine.Store;
using Hearth.Networking.Egress;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Networks;

/// <summary><c>hearth egress</c>: what a VM may reach, shown and changed, and what became of that.</summary>
internal static class EgressCommand
{
    public static Command Create(CliContext context) => new HearthCommand("egress", "Show and change what a VM may reach.", "hearth egress show web", "hearth egress allow web example.com", "hearth egress log -f web")
    {
        CreateShow(context),
        CreateSet(context),
        CreateChange(context, "allow", "Let a VM reach more; takes back a --deny of the same words.", "hearth egress allow web example.com 192.0.2.0/24:443", static rules => new EgressChange(rules, [])),
        CreateChange(context, "deny", "Keep a VM from something; takes back an --allow of the same words.", "hearth egress deny web telemetry.example.com", static rules => new EgressChange([], rules)),
        CreateLog(context),
    };

    private static HearthCommand CreateShow(CliContext context)
    {
        Argument<string> vm = Targets.One();
        HearthCommand command = new("show", "Show what a VM may reach, as the flags that say it.", "hearth egress show web") { vm };
        command.SetAction((parsed, _) =>
        {
            VmSpec spec = HearthHome.Open(context.Paths).Vms.Find(parsed.GetRequiredValue(vm)).Spec;
            foreach (string line in spec.Network is null ? ["--network none"] : Flags(spec.Network.Egress ?? EgressSettings.Open))
            {
                context.Out.WriteLine(line);
            }

            return Task.FromResult(0);
        });
        return command;
    }

    private static IEnumerable<string> Flags(EgressSettings settings) =>
    [
        $"--egress {settings.Mode.ToString().ToLowerInvariant()}",
        .. settings.Allow.Select(static rule => $"--allow {rule}"),
        .. settings.Deny.Select(static rule => $"--deny {rule}"),
    ];

    private static HearthCommand CreateSet(CliContext context)
    {
        Argument<string> vm = Targets.One();
        EgressOptions options = new();
        HearthCommand command = new("set", "Replace what a VM may reach: at once when it runs, otherwise at its next start.", "hearth egress set web --allow example.com", "hearth egress set web --egress none") { vm };
        foreach (Option option in options.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, _) =>
        {
            EgressSettings settings = options.Read(parsed) ?? throw new UsageException(command, "What may it reach? Give --egress, --allow or --deny.");
            await ApplyAsync(context, parsed.GetRequiredValue(vm), new EgressChange([], [], settings));
            return 0;
        });
        return command;
    }

    private static HearthCommand CreateChange(CliContext context, string name, string description, string example, Func<string[], EgressChange> change)
    {
        Argument<string> vm = Targets.One();
        Argument<string[]> rules = new("RULE") { Description = "A domain, a network or @NAME.", HelpName = "DESTINATION[:PORT][/PROTOCOL]", Arity = ArgumentArity.OneOrMore };
        HearthCommand command = new(name, description, example) { vm, rules };
        command.SetAction(async (parsed, _) =>
        {
            await ApplyAsync(context, parsed.GetRequiredValue(vm), change(parsed.GetRequiredValue(rules)));
            return 0;
        });
        return command;
    }

    private static HearthCommand CreateLog(CliContext context)
    {
        Argument<string> vm = Targets.One();
        Option<bool> follow = new("--follow", "-f") { Description = "Go on until the VM has ended." };
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("log", "Show what a VM was let reach and what not.", "hearth egress log -f web", "hearth egress log --format json web") { vm, follow, format };
        command.SetAction(async (parsed, cancellation) =>
        {
            Func<EgressLogEntry, string> line = EgressRows.Formatter(parsed.GetValue(format));
            VmStore store = HearthHome.Open(context.Paths).Vms;
            try
            {
                await EgressLogReader.ReadAsync(store, store.Find(parsed.GetRequiredValue(vm)), parsed.GetValue(follow), Show, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Ctrl-C is how one ends it.
            }

            return 0;

            ValueTask Show(EgressLogEntry entry)
            {
                context.Out.WriteLine(line(entry));
                context.Out.Flush();
                return ValueTask.CompletedTask;
            }
        });
        return command;
    }

    /// <summary>By its supervisor when it has one; else in its spec. One that came to run meanwhile is told as well.</summary>
    private static async Task ApplyAsync(CliContext context, string name, EgressChange change)
    {
        VmStore store = HearthHome.Open(context.Paths).Vms;
        VmModel vm = store.Find(name);
        if (vm.IsActive && await TryTellAsync(context, vm, change))
        {
            return;
        }

        store.ChangeEgress(vm, now =>
        {
            EgressSettings next = change.ApplyTo(now);
            EgressOptions.RequireReadable(context.Paths, next);
            return next;
        });
        VmModel after = store.Reload(vm);
        if (after.IsActive)
        {
            await TryTellAsync(context, after, new EgressChange([], [], after.Spec.Network?.Egress ?? EgressSettings.Open));
        }
    }

    /// <summary>False when it has ended or was suspended meanwhile.</summary>
    private static async Task<bool> TryTellAsync(CliContext context, VmModel vm, EgressChange change)
    {
        try
        {
            await ControlConnection.CallAsync(vm, new ChangeEgressRequest(change), context.Cancellation);
            return true;
        }
        catch (HearthException e) when (e.Code is "vm.not-running" or "vm.suspended")
        {
            return false;
        }
    }
}
