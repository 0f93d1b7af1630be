using System.CommandLine;
using System.Globalization;
using Hearth.Cli.Life;
using Hearth.Cli.Networks;
using Hearth.Cli.Run;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Engine.Store;
using Hearth.Networking.Ports;

namespace Hearth.Cli.Snapshots;

/// <summary><c>hearth fork</c>.</summary>
internal static class ForkCommand
{
    private const int MostForks = 1000;

    public static Command Create(CliContext context)
    {
        Argument<string> vm = Targets.One();
        Option<int> count = new("--number", "-n") { Description = "How many copies.", HelpName = "N", DefaultValueFactory = static _ => 1 };
        Option<string?> name = new("--name") { Description = "Name of the copy; with -n, a pattern with {n} for 1, 2, …", HelpName = "NAME" };
        Option<bool> remove = new("--rm") { Description = "Remove each copy when it has ended." };
        Option<string?> idleSuspend = VmOptions.IdleSuspendOption();
        Option<string[]> publish = NetworkOptions.PublishOption();
        HearthCommand command = new("fork", "Make copies of a running VM, memory and disk, that run on by themselves.", "hearth fork web", "hearth fork db -n 20 --name try-{n} --rm")
        {
            vm, count, name, remove, publish, idleSuspend,
        };
        EgressOptions egress = new();
        foreach (Option option in egress.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, _) =>
        {
            int copies = parsed.GetValue(count);
            IReadOnlyList<string?> names = Names(parsed.GetValue(name), copies);
            VmModel source = HearthHome.Open(context.Paths).Vms.Find(parsed.GetRequiredValue(vm));
            var creation = new CloneCreation(null, parsed.GetValue(remove), new Dictionary<string, string>())
            {
                IdleSuspend = FlagValues.IdleSuspend(parsed.GetValue(idleSuspend)),
                Ports = ReadPorts(parsed.GetValue(publish), copies),
                Egress = egress.Read(parsed),
            };
            creation.RequireReadable(context);
            return await new Fork(context, source, creation).RunAsync(names);
        });
        return command;
    }

    /// <summary>Null: none were given.</summary>
    private static IReadOnlyList<PublishedPort>? ReadPorts(string[]? texts, int copies)
    {
        IReadOnlyList<PublishedPort>? ports = texts is { Length: > 0 } ? NetworkOptions.ReadPorts(texts) : null;
        return copies > 1 && ports?.FirstOrDefault(static port => port.HostPort != 0) is { } same
            ? throw new HearthException("port.twice", $"Port {PortText.HostSide(same)} cannot be that of {copies} copies.", $"Write -p {same.GuestPort}: each copy gets a free port then.", ExitCodes.Usage)
            : ports;
    }

    /// <summary>The copies' names; nulls are made up.</summary>
    internal static IReadOnlyList<string?> Names(string? pattern, int copies)
    {
        if (copies is < 1 or > MostForks)
        {
            throw new HearthException("fork.number", $"-n {copies}: not a number of copies.", $"Use 1 to {MostForks}.");
        }

        if (pattern is not null && copies > 1 && !pattern.Contains("{n}", StringComparison.Ordinal))
        {
            throw new HearthException("fork.name", $"--name {pattern}: {copies} copies cannot have one name.", "Put {n} where their number is to stand, as in --name try-{n}.");
        }

        List<string?> names = [.. Enumerable.Range(1, copies).Select(n => pattern?.Replace("{n}", n.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))];
        names.ForEach(static name =>
        {
            if (name is not null)
            {
                DnsLabel.Require(name);
            }
        });
        return names;
    }
}
