using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Networking.Egress;

// Order of a decision, first match wins:
//   1. what is never reachable (SpecialRanges)                        deny
//   2. a --deny of the address, or of every name that it goes by     deny
//   3. an --allow of a network; special addresses only if explicit   allow
//   4. the reserved ports of DNS, when names matter                   deny
//   5. mode all                                                       allow
//   6. a special address                                              deny
//   7. an --allow of one of its names that no --deny is about         allow
//   8. otherwise                                                      deny

/// <summary>The rules of a VM. Immutable: a change is another policy.</summary>
public sealed class EgressPolicy
{
    private const EgressProtocols EveryProtocol = EgressProtocols.Tcp | EgressProtocols.Udp | EgressProtocols.Icmp;

    private readonly EgressRule[] _allowedNetworks;
    private readonly EgressRule[] _deniedNetworks;
    private readonly EgressRule[] _allowedNames;
    private readonly EgressRule[] _deniedNames;

    public EgressPolicy(EgressMode mode, IReadOnlyList<EgressRule> allow, IReadOnlyList<EgressRule> deny)
    {
        Mode = mode;
        _allowedNetworks = [.. allow.Where(static rule => rule.Network is not null)];
        _allowedNames = [.. allow.Where(static rule => rule.Name is not null)];
        _deniedNetworks = [.. deny.Where(static rule => rule.Network is not null)];
        _deniedNames = [.. deny.Where(static rule => rule.Name is not null)];
    }

    public static EgressPolicy Open { get; } = new(EgressMode.All, [], []);

    public EgressMode Mode { get; }

    /// <summary>Nothing is filtered: neither proxy nor rule set is needed.</summary>
    public bool IsOpen => Mode == EgressMode.All && _deniedNetworks.Length == 0 && _deniedNames.Length == 0;

    /// <summary>Whether a name can forbid what an address allows: then connections to networks that are allowed are looked into, too.</summary>
    public bool HasDeniedNames => _deniedNames.Length > 0;

    public IReadOnlyList<EgressRule> AllowedNetworks => _allowedNetworks;

    public IReadOnlyList<EgressRule> DeniedNetworks => _deniedNetworks;

    public IReadOnlyList<EgressRule> AllowedNames => _allowedNames;

    /// <summary>Reads all rules, and the files of presets as they are now.</summary>
    /// <exception cref="HearthException"><c>egress.rule</c>, <c>egress.preset</c>, <c>egress.rules-many</c>.</exception>
    public static EgressPolicy Create(EgressSettings settings, EgressPresets presets) =>
        new(settings.Mode, presets.Expand(settings.Allow, isDenied: false), presets.Expand(settings.Deny, isDenied: true));

    /// <summary>Whether a name may be asked for: when something could be reached by it.</summary>
    public EgressDecision DecideQuestion(string name)
    {
        if (Mode == EgressMode.None)
        {
            return Denied(EgressBasis.Mode, "--egress none");
        }

        // A --deny of a port or a protocol leaves the name its others.
        if (Array.Find(_deniedNames, rule => rule.Ports.Count == 0 && rule.Protocols == EveryProtocol && rule.MatchesName(name)) is { } denied)
        {
            return Denied(EgressBasis.Name, "--deny " + denied.Text);
        }

        return Mode == EgressMode.All ? Allowed(EgressBasis.Mode, "--egress all")
            : Array.Find(_allowedNames, rule => rule.MatchesName(name)) is { } allowed ? Allowed(EgressBasis.Name, "--allow " + allowed.Text)
            : Denied(EgressBasis.Mode, "--egress list");
    }

    /// <summary>Whether a connection that says a name in its head may be made to where that name leads.</summary>
    public EgressDecision DecideName(string name, EgressProtocols protocol, int port)
    {
        if (Mode == EgressMode.None)
        {
            return Denied(EgressBasis.Mode, "--egress none");
        }

        if (DenialOf(name, protocol, port) is { } denied)
        {
            return Denied(EgressBasis.Name, "--deny " + denied.Text);
        }

        return Mode == EgressMode.All ? Allowed(EgressBasis.Mode, "--egress all")
            : PermissionOf(name, protocol, port) is { } allowed ? Allowed(EgressBasis.Name, "--allow " + allowed.Text)
            : Denied(EgressBasis.Mode, "--egress list");
    }

    /// <summary>Whether something may go to an address.</summary>
    /// <param name="protocol">One.</param>
    /// <param name="address">Where to.</param>
    /// <param name="port">0 for ICMP.</param>
    /// <param name="names">The names that our resolver gave this address for, or the one that a connection says in its head.</param>
    /// <param name="isHosts">It is an address of the host itself: as special as a private one.</param>
    public EgressDecision Decide(EgressProtocols protocol, IPAddress address, int port, IReadOnlyCollection<string> names, bool isHosts = false)
    {
        address = NetworkMath.Plain(address);
        if (Mode == EgressMode.None || SpecialRanges.IsNeverReachable(address))
        {
            return Mode == EgressMode.None ? Denied(EgressBasis.Mode, "--egress none") : Denied(EgressBasis.Special, "not a destination");
        }

        EgressRule? deniedName = null;
        string[] left = [.. names.Where(name => (deniedName = DenialOf(name, protocol, port)) is null)];
        if (Array.Find(_deniedNetworks, rule => rule.DeniesPort(protocol, port) && rule.MatchesAddress(address)) is { } denied)
        {
            return Denied(EgressBasis.Network, "--deny " + denied.Text);
        }

        if (names.Count > 0 && left.Length == 0)
        {
            return Denied(EgressBasis.Name, "--deny " + deniedName!.Text);
        }

        IPNetwork? special = SpecialRanges.Find(address);
        if (Array.Find(_allowedNetworks, rule => rule.AllowsPort(protocol, port) && rule.MatchesAddress(address) && IsExplicit(rule, special, isHosts)) is { } network)
        {
            return Allowed(EgressBasis.Network, "--allow " + network.Text);
        }

        return DecideOrdinary(protocol, port, left, special is not null || isHosts);
    }

    private static bool IsExplicit(EgressRule rule, IPNetwork? special, bool isHosts) =>
        special is { } range ? NetworkMath.Contains(range, rule.Network!.Value) : !isHosts || rule.Network!.Value.PrefixLength is 32 or 128;

    private static EgressDecision Allowed(EgressBasis basis, string reason) => new(true, basis, reason);

    private static EgressDecision Denied(EgressBasis basis, string reason) => new(false, basis, reason);

    private EgressDecision DecideOrdinary(EgressProtocols protocol, int port, string[] names, bool isSpecial)
    {
        if (Mode == EgressMode.All)
        {
            return HasDeniedNames && EgressRule.ReservedPorts.Contains(port)
                ? Denied(EgressBasis.Protocol, "resolvers of the guest's own would get around --deny")
                : Allowed(EgressBasis.Mode, "--egress all");
        }

        if (isSpecial)
        {
            return Denied(EgressBasis.Special, "private, link-local or the host's own address");
        }

        return names.Select(name => PermissionOf(name, protocol, port)).FirstOrDefault(static rule => rule is not null) is { } allowed
            ? Allowed(EgressBasis.Name, "--allow " + allowed.Text)
            : Denied(EgressBasis.Mode, "--egress list");
    }

    private EgressRule? DenialOf(string name, EgressProtocols protocol, int port) => Array.Find(_deniedNames, rule => rule.MatchesName(name) && rule.DeniesPort(protocol, port));

    private EgressRule? PermissionOf(string name, EgressProtocols protocol, int port) => Array.Find(_allowedNames, rule => rule.MatchesName(name) && rule.AllowsPort(protocol, port));
}
