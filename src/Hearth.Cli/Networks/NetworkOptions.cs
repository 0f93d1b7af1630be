using System.CommandLine;
using System.Globalization;
using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Units;
using Hearth.Engine.Networks;
using Hearth.Networking.Dns;
using Hearth.Networking.Kernel;
using Hearth.Networking.Ports;
using Hearth.Networking.Topology;

namespace Hearth.Cli.Networks;

/// <summary>What <c>run</c> and <c>create</c> can say about the VM's network.</summary>
internal sealed class NetworkOptions
{
    private const int DnsPort = 53;

    /// <summary>A packet of the largest size takes half a minute at it.</summary>
    private const long LeastRate = 16_000;

    /// <summary>Docker's word for the host's address.</summary>
    private const string HostGateway = "host-gateway";

    public Option<string[]> Network { get; } = new("--network", "--net")
    {
        Description = "How the VM reaches others: rootless (through this host, without privilege; when left out), bridged (through this host's kernel; root), routed (likewise, with an IPv6 address of the world's), none; or a network of 'hearth network create', several of them too.",
        HelpName = "MODE|NAME",
    };

    public Option<string?> Ipv6Prefix { get; } = new("--ipv6-prefix") { Description = "Where a routed VM's IPv6 address is from, instead of the prefix of this host's interface.", HelpName = "PREFIX" };

    public Option<string[]> Publish { get; } = PublishOption();

    public Option<bool> PublishAll { get; } = new("--publish-all", "-P") { Description = "Publish every port that the image exposes to a free port of the host." };

    public Option<string[]> Dns { get; } = new("--dns") { Description = "Resolver to ask instead of the host's.", HelpName = "ADDRESS" };

    public Option<string[]> DnsSearch { get; } = new("--dns-search") { Description = "Domain to search for short names instead of the host's; . is none.", HelpName = "DOMAIN" };

    public Option<string[]> AddHost { get; } = new("--add-host") { Description = "Add a line to /etc/hosts.", HelpName = "NAME:ADDRESS" };

    public Option<bool> HostAccess { get; } = new("--host-access") { Description = $"Let the VM reach services on this host's loopback, as {StaticNames.HostName}." };

    public Option<string[]> ForwardLocalhost { get; } = new("--forward-localhost")
    {
        Description = "Make a TCP port of this host's loopback one of the VM's loopback.",
        HelpName = "PORT[,PORT…]",
    };

    public Option<string?> NetRate { get; } = new("--net-rate") { Description = "The most that the VM sends, and is sent, in bits per second: 100M, 2.5G.", HelpName = "RATE" };

    public Option<bool> HttpProxy { get; } = new("--http-proxy") { Description = "Pass http_proxy, https_proxy, no_proxy … of this environment to the VM's.", DefaultValueFactory = static _ => true };

    public EgressOptions Egress { get; } = new();

    public IEnumerable<Option> All => [Network, Ipv6Prefix, Publish, PublishAll, Dns, DnsSearch, AddHost, HostAccess, ForwardLocalhost, NetRate, HttpProxy, .. Egress.All];

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
        if (!All.Any(option => option != HttpProxy && parsed.GetResult(option) is { Implicit: false }) && RootlessNetwork.Obstacle() is { } obstacle)
        {
            warn($"the VM has no network: {obstacle}. --network none says that this is right.");
            return (null, false);
        }

        (NetworkMode? mode, string[] names) = ReadNetworks(parsed.GetValue(Network) ?? []);
        string[] publish = parsed.GetValue(Publish) ?? [];
        bool all = parsed.GetValue(PublishAll);
        EgressSettings? egress = Egress.Read(parsed);
        if (mode is null && names is [NetworkNames.None])
        {
            string? other = publish.Length > 0 || all ? "published ports"
                : new Option[] { Ipv6Prefix, HostAccess, ForwardLocalhost, NetRate }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false })?.Name
                    ?? (egress is { Mode: not EgressMode.None } ? "--egress, --allow and --deny" : null);
            return other is null
                ? (null, false)
                : throw new HearthException("flags.conflict", $"--network none and {other} exclude each other.", "A VM without a network reaches nothing: leave one out.");
        }

        bool hostAccess = parsed.GetValue(HostAccess);
        return (new NetworkSpec
        {
            Mode = Mode(mode ?? (names.Length > 0 ? NetworkMode.Internal : NetworkMode.Rootless), hostAccess, parsed.GetValue(Ipv6Prefix)),
            Ipv6Prefix = parsed.GetValue(Ipv6Prefix),
            Networks = names,
            Ports = ReadPorts(publish),
            Dns = [.. (parsed.GetValue(Dns) ?? []).Select(Resolver)],
            DnsSearch = parsed.GetValue(DnsSearch) ?? [],
            Hosts = [.. (parsed.GetValue(AddHost) ?? []).Select(text => HostLine(text, hostAccess))],
            HostAccess = hostAccess,
            ForwardLocalhost = [.. (parsed.GetValue(ForwardLocalhost) ?? []).SelectMany(static text => text.Split(',')).Select(ForwardedPort).Distinct()],
            BitsPerSecond = Rate(parsed.GetValue(NetRate)),
            Egress = EgressOptions.Inherit(egress, null),
        }, all);
    }

    /// <summary>One mode at most, or none alone, and names of networks. Null: no mode was named.</summary>
    private static (NetworkMode? Mode, string[] Names) ReadNetworks(string[] asked)
    {
        string[] modes = [.. asked.Where(NetworkNames.Modes.Contains).Distinct()];
        string[] names = [.. asked.Except(modes)];
        if (modes.Length > 1 || (names.Contains(NetworkNames.None) && asked.Length > 1))
        {
            string[] apart = modes.Length > 1 ? modes : [NetworkNames.None, asked.First(static word => word != NetworkNames.None)];
            throw new HearthException("flags.conflict", $"--network {apart[0]} and --network {apart[1]} exclude each other.", "Leave one out.");
        }

        return (modes.Length == 1 ? Enum.Parse<NetworkMode>(modes[0], ignoreCase: true) : null, names);
    }

    private static NetworkMode Mode(NetworkMode mode, bool hostAccess, string? prefix)
    {
        string word = mode == NetworkMode.Internal ? "NAME" : mode.ToString().ToLowerInvariant();
        if (hostAccess && mode is (NetworkMode.Bridged or NetworkMode.Routed))
        {
            throw new HearthException("flags.conflict", $"--network {word} and --host-access exclude each other.", "Services of this host's loopback are reached from --network rootless; --forward-localhost gives single ports to any network.", ExitCodes.Usage);
        }

        if (prefix is not null && mode != NetworkMode.Routed)
        {
            throw new HearthException("flags.conflict", $"--network {word} and --ipv6-prefix exclude each other.", "A prefix is for --network routed.", ExitCodes.Usage);
        }

        _ = prefix is null ? default : RoutedPrefix.Parse(prefix);
        return mode;
    }

    private static int ForwardedPort(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= IPEndPoint.MaxPort && port != DnsPort
        ? port
        : throw new HearthException("network.forward", $"--forward-localhost {text}: {(text == "53" ? "names are answered there" : "not a port")}.", "Give a TCP port from 1 to 65535 other than 53.", ExitCodes.Usage);

    private static long? Rate(string? text) => text is null ? null
        : BitRate.TryParse(text, out BitRate rate) && rate.BitsPerSecond >= LeastRate ? rate.BitsPerSecond
        : throw new HearthException("network.rate", $"--net-rate {text}: not a rate of at least {new BitRate(LeastRate)} bits per second.", "Give it as in 100M, 2.5G or 512k.", ExitCodes.Usage);

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
    private static string HostLine(string text, bool hostAccess)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && text[(colon + 1)..] == HostGateway)
        {
            text = hostAccess ? $"{text[..colon]}:{VmNetwork.HostAddress}"
                : throw new HearthException("network.host", $"--add-host {text}: the VM may not reach this host.", "Add --host-access.", ExitCodes.Usage);
        }

        return colon > 0 && IPAddress.TryParse(text.AsSpan(colon + 1).Trim("[]"), out IPAddress? address) && text[..colon].Split('.').All(DnsLabel.IsValid)
            ? $"{address}\t{text[..colon]}"
            : throw new HearthException("network.host", $"--add-host {text}: not a name and an address.", "It is written NAME:ADDRESS, as in db:192.0.2.7.", ExitCodes.Usage);
    }
}
