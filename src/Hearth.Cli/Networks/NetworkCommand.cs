using System.CommandLine;
using Hearth.Cli.Listing;
using Hearth.Cli.Output;
using Hearth.Core.Specs;
using Hearth.Engine.Networks;
using Hearth.Engine.Store;

namespace Hearth.Cli.Networks;

/// <summary><c>hearth network create|ls|inspect|rm|prune|connect|disconnect</c>: networks that VMs share.</summary>
internal static class NetworkCommand
{
    public static Command Create(CliContext context) =>
        new HearthCommand(
            "network",
            "Networks on which VMs reach each other by name.",
            "hearth network create back",
            "hearth run -d --name db --network back postgres",
            "hearth run --rm --network back @busybox -- ping -c1 db")
        {
            Make(context), List(context), Inspect(context), Remove(context), Prune(context),
            MembershipCommand.Create(context, join: true), MembershipCommand.Create(context, join: false),
        };

    private static HearthCommand Make(CliContext context)
    {
        Argument<string> name = new("NAME") { Description = "Name of the network." };
        Option<string[]> subnet = new("--subnet") { Description = "Its addresses, IPv4 or IPv6; when left out one that is free.", HelpName = "CIDR" };
        Option<bool> ipv6 = new("--ipv6") { Description = "With IPv6 addresses too." };
        Option<bool> isInternal = new("--internal") { Description = "It leads nowhere else: a VM on such networks alone reaches nobody outside." };
        HearthCommand command = new("create", "Make a network.", "hearth network create back", "hearth network create --internal --subnet 10.99.0.0/24 back") { name, subnet, ipv6, isInternal };
        command.SetAction(async (parsed, _) =>
        {
            (System.Net.IPNetwork? ipv4Subnet, System.Net.IPNetwork? ipv6Subnet) = SubnetText.Read(parsed.GetValue(subnet) ?? []);
            NamedNetwork made = await Store(context).CreateAsync(
                parsed.GetRequiredValue(name), ipv4Subnet, ipv6Subnet, parsed.GetValue(ipv6), parsed.GetValue(isInternal), context.Time.GetUtcNow(), context.Cancellation);
            context.Out.WriteLine(made.Name);
            return 0;
        });
        return command;
    }

    private static HearthCommand List(CliContext context)
    {
        Option<bool> quiet = ListingOptions.Quiet("Only names");
        Option<string?> format = ListingOptions.Format();
        HearthCommand command = new("ls", "List networks.", "hearth network ls", "hearth network ls --format '{{.Name}} {{.Subnet}}'") { quiet, format };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            ListingWriter listing = new(NetworkRows.Columns, parsed.GetValue(format));
            IReadOnlyList<VmModel> vms = HearthHome.Open(context.Paths).Vms.List();
            listing.Write(context.Out, Store(context).List().Select(network => NetworkRows.Of(network, NetworkStore.Users(network, vms), context.Time)), parsed.GetValue(quiet));
            return 0;
        });
        return command;
    }

    private static HearthCommand Inspect(CliContext context)
    {
        Option<string?> format = ListingOptions.InspectFormat();
        Argument<string[]> names = ListingOptions.Names("NAME", "Names of networks");
        HearthCommand command = new("inspect", "Show all that is known of networks, with the VMs on them.", "hearth network inspect back") { format, names };
        command.SetAction(parsed =>
        {
            InspectOutput output = new(parsed.GetValue(format));
            NetworkStore store = Store(context);
            IReadOnlyList<VmModel> vms = HearthHome.Open(context.Paths).Vms.List();
            output.Write(context.Out, [.. parsed.GetRequiredValue(names).Select(name => store.Require(name)).Select(network => NetworkRows.Describe(network, NetworkStore.Users(network, vms)))]);
            return 0;
        });
        return command;
    }

    private static HearthCommand Remove(CliContext context)
    {
        Argument<string[]> names = ListingOptions.Names("NAME", "Names of networks");
        HearthCommand command = new("rm", "Remove networks that no VM is on.", "hearth network rm back") { names };
        command.Aliases.Add("remove");
        command.SetAction((parsed, _) => RemoveAsync(context, parsed.GetRequiredValue(names)));
        return command;
    }

    private static HearthCommand Prune(CliContext context)
    {
        Option<bool> force = new("--force", "-f") { Description = "Do not ask" };
        HearthCommand command = new("prune", "Remove all networks that no VM is on.", "hearth network prune -f") { force };
        command.SetAction(async (parsed, _) =>
        {
            NetworkStore store = Store(context);
            IReadOnlyList<VmModel> vms = HearthHome.Open(context.Paths).Vms.List();
            string[] doomed = [.. store.List().Where(network => NetworkStore.Users(network, vms).Count == 0).Select(static network => network.Name)];
            string warning = $"WARNING! This will remove {doomed.Length} network(s){(doomed.Length > 0 ? $": {string.Join(", ", doomed)}" : "")}.";
            return !parsed.GetValue(force) && !Confirmation.Ask(context, "hearth network prune", warning) ? 1 : await RemoveAsync(context, doomed);
        });
        return command;
    }

    private static Task<int> RemoveAsync(CliContext context, IEnumerable<string> names)
    {
        NetworkStore store = Store(context);
        return EachName.TryAsync(context, names, async name =>
        {
            await store.RemoveAsync(name, context.Cancellation);
            return name;
        });
    }

    private static NetworkStore Store(CliContext context) => new(HearthHome.Open(context.Paths).Paths);
}
