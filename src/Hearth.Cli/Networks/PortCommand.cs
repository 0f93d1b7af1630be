using System.CommandLine;
using Hearth.Cli.Parsing;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Client;
using Hearth.Engine.Idle;
using Hearth.Engine.Store;
using Hearth.Networking.Ports;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Networks;

/// <summary><c>hearth port</c>: published ports shown, added and removed.</summary>
internal static class PortCommand
{
    public static Command Create(CliContext context)
    {
        Argument<string> vm = new("VM") { Description = "Name or id of the VM.", Arity = ArgumentArity.ZeroOrOne };
        Argument<string?> which = new("PORT") { Description = "Only this port of the guest.", HelpName = "GUEST[/udp]", Arity = ArgumentArity.ZeroOrOne };
        HearthCommand command = new("port", "Show the published ports of a VM.", "hearth port web", "hearth port web 80", "hearth port add web 8080:80") { vm, which };
        command.SetAction((parsed, _) =>
        {
            VmModel model = HearthHome.Open(context.Paths).Vms.Find(parsed.GetValue(vm) ?? throw new UsageException(command, "Which VM?"));
            return Task.FromResult(Show(context, model, parsed.GetValue(which)));
        });
        command.Subcommands.Add(Change(context, "add", "Publish ports of a running VM.", "hearth port add web 8080:80", add: true));
        command.Subcommands.Add(Change(context, "rm", "Stop publishing ports of a running VM; connections go on.", "hearth port rm web 8080:80", add: false));
        return command;
    }

    private static HearthCommand Change(CliContext context, string name, string description, string example, bool add)
    {
        Argument<string> vm = Life.Targets.One();
        Argument<string[]> ports = new("PORT") { Description = "As of run -p.", HelpName = "[BIND:][HOST:]GUEST[/udp]", Arity = ArgumentArity.OneOrMore };
        HearthCommand command = new(name, description, example) { vm, ports };
        command.SetAction(async (parsed, _) =>
        {
            IReadOnlyList<PublishedPort> asked = NetworkOptions.ReadPorts(parsed.GetRequiredValue(ports));
            VmModel model = HearthHome.Open(context.Paths).Vms.Find(parsed.GetRequiredValue(vm));
            await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, model, context.Cancellation);
            await ControlConnection.CallAsync(awake.Vm, new ChangePortsRequest(add ? asked : [], add ? [] : asked), context.Cancellation);
            return 0;
        });
        return command;
    }

    /// <summary>As Docker: all with both sides, or the host's side of one.</summary>
    private static int Show(CliContext context, VmModel vm, string? which)
    {
        if (which is null)
        {
            foreach (PublishedPort port in vm.State.Ports)
            {
                context.Out.WriteLine($"{PortText.GuestSide(port)} -> {PortText.HostSide(port)}");
            }

            return 0;
        }

        PublishedPort asked = PortText.Parse(which)[0];
        PublishedPort[] found = [.. vm.State.Ports.Where(port => port.GuestPort == asked.GuestPort && port.Protocol == asked.Protocol)];
        if (found.Length == 0)
        {
            throw new HearthException("port.not-published", $"Port {PortText.GuestSide(asked)} of VM {vm.Name} is not published.", $"'hearth port {vm.Name}' shows those that are; 'hearth port add' publishes one.", 1);
        }

        foreach (PublishedPort port in found)
        {
            context.Out.WriteLine(PortText.HostSide(port));
        }

        return 0;
    }
}
