using System.CommandLine;
using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Networking.Ports;
using Hearth.Networking.Topology;

namespace Hearth.Cli.Networks;

/// <summary>What <c>run</c> and <c>create</c> can say about the VM's network.</summary>
internal sealed class NetworkOptions
{
    private static readonly string[] s_modes = ["rootless", "none"];

    public Option<string?> Network { get; } = new("--network", "--net")
    {
        Description = "How the VM reaches others: rootless (through this host, without privilege; when left out), none.",
        HelpName = "MODE",
    };

    public Option<string[]> Publish { get; } = PublishOption();

    public Option<bool> PublishAll { get; } = new("--publish-all", "-P") { Description = "Publish every port that the image exposes to a free port of the host." };

    public Option<string[]> Dns { get; } = new("--dns") { Description = "Resolver to ask instead of the host's.", HelpName = "ADDRESS" };

    public Option<string[]> DnsSearch { get; } = new("--dns-search") { Description = "Domain to search for short names instead of the host's; . is none.", HelpName = "DOMAIN" };

    public Option<string[]> AddHost { get; } = new("--add-host") { Description = "Add a line to /etc/hosts.", HelpName = "NAME:ADDRESS" };

    public IEnumerable<Option> All => [Network, Publish, PublishAll, Dns, DnsSearch, AddHost];

    /// <summary>Also of <c>fork</c>.</summary>
    public static Option<string[]> PublishOption() => new("--publish", "-p")
    {
        Description = "Make a port of the VM one of the host, at 127.0.0.1 unless BIND says otherwise; without HOST at a free port, which 'hearth port' shows.",
        HelpName = "[BIND:][HOST:]GUEST[/udp]",
    };

    /// <summary>Null: the VM has no network. One that was not asked for in any word is left out where the host has none to give, with a line that says so.</summary>
    /// <exception cref="HearthException">A value is refused; the message names it.</exception>
    public (NetworkSpec? Spec, bool PublishAll) Read(ParseResult parsed, Action<string> warn)
    {
        if (!All.Any(option => parsed.GetResult(option) is { Implicit: false }) && RootlessNetwork.Obstacle() is { } obstacle)
        {
            warn($"the VM has no network: {obstacle}. --network none says that this is right.");
            return (null, false);
        }

        string mode = parsed.GetValue(Network) ?? s_modes[0];
        string[] publish = parsed.GetValue(Publish) ?? [];
        bool all = parsed.GetValue(PublishAll);
        if (!s_modes.Contains(mode))
        {
            throw new HearthException("network.mode", $"--network {mode}: there is no such network.", $"Use {string.Join(" or ", s_modes)}.", ExitCodes.Usage);
        }

        if (mode == "none")
        {
            return publish.Length == 0 && !all
                ? (null, false)
                : throw new HearthException("flags.conflict", "--network none and published ports exclude each other.", "A VM without a network has no ports to reach: leave one out.");
        }

        return (new NetworkSpec { Ports = ReadPorts(publish), Dns = [.. (parsed.GetValue(Dns) ?? []).Select(Resolver)], DnsSearch = parsed.GetValue(DnsSearch) ?? [], Hosts = [.. (parsed.GetValue(AddHost) ?? []).Select(HostLine)] }, all);
    }

    /// <exception cref="HearthException"><c>port.invalid</c>, <c>port.twice</c>.</exception>
    public static IReadOnlyList<PublishedPort> ReadPorts(IEnumerable<string> texts)
    {
        PublishedPort[] ports = [.. texts.SelectMany(PortText.Parse)];
        IGrouping<(string, int, PortProtocol), PublishedPort>? twice = ports.Where(static p => p.HostPort != 0).GroupBy(static p => (p.Bind, p.HostPort, p.Protocol)).FirstOrDefault(static group => group.Count() > 1);
        return twice is null
            ? ports
            : throw new HearthException("port.twice", $"Port {PortText.HostSide(twice.First())} is published twice.", "Give each port of the host to one of the guest.", ExitCodes.Usage);
    }

    private static string Resolver(string text) => IPAddress.TryParse(text, out _)
        ? text
        : throw new HearthException("network.dns", $"--dns {text}: not an address.", "Give a resolver's IPv4 or IPv6 address.", ExitCodes.Usage);

    /// <summary>As Docker: the name, a colon, and all behind it is the address.</summary>
    private static string HostLine(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && IPAddress.TryParse(text.AsSpan(colon + 1).Trim("[]"), out IPAddress? address) && text[..colon].Split('.').All(DnsLabel.IsValid)
            ? $"{address}\t{text[..colon]}"
            : throw new HearthException("network.host", $"--add-host {text}: not a name and an address.", "It is written NAME:ADDRESS, as in db:192.0.2.7.", ExitCodes.Usage);
    }
}
