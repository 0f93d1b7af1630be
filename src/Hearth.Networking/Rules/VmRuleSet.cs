using System.Net;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Rules;

/// <summary>What the rule set of a VM's network namespace is made from.</summary>
/// <remarks>
/// The namespace routes between a bridge, which has the gateway's addresses and the guest's device as a port, and an uplink that
/// is no port of the bridge. All devices must be there when the rule set is loaded.
/// </remarks>
public sealed record VmRuleSet
{
    /// <summary>The guest's own end: a tap device, port of <see cref="Bridge"/>.</summary>
    public string GuestDevice { get; init; } = "tap0";

    public string Bridge { get; init; } = "br0";

    /// <summary>
    /// A bridge between the guest's device and <see cref="Bridge"/>, null for none. Where the host filters what is bridged as if it were routed
    /// (br_netfilter), what this one hands on is let pass and not tracked: it is judged, and redirected, where it is routed.
    /// </summary>
    public string? Switch { get; init; }

    /// <summary>Where packets leave the namespace.</summary>
    public required string Uplink { get; init; }

    /// <summary>Where packets wait for an uplink that they start: what comes back from there was let out before. Null: nowhere.</summary>
    public string? Waiting { get; init; }

    /// <summary>
    /// Nobody connects to the guest through the uplink. Only answers come in there, and none to what an older policy let out before
    /// the guest has sent again. Without it, a flow that began before the rules did would be taken for one from outside.
    /// </summary>
    public bool IsOneWay { get; init; }

    /// <summary>The only one that the guest may send from, as <c>02:00:00:00:00:01</c>.</summary>
    public required string GuestMac { get; init; }

    /// <summary>The only ones that the guest may send from, besides link-local ones on its link.</summary>
    public required IReadOnlyList<IPAddress> GuestAddresses { get; init; }

    public required IReadOnlyList<IPAddress> GatewayAddresses { get; init; }

    /// <summary>TCP ports of the gateway that the guest may connect to, besides DNS: those that stand for the host's.</summary>
    public IReadOnlyList<int> GatewayPorts { get; init; } = [];

    public required EgressPolicy Policy { get; init; }

    /// <summary>Where the proxy listens in this namespace; 0 without one, which an open policy alone may have.</summary>
    public int ProxyPort { get; init; }

    /// <summary>Grows with every policy: connections that were let out under an older one are judged anew.</summary>
    public uint Generation { get; init; } = 1;

    /// <summary>Packets leave with an address of the uplink.</summary>
    public bool IsMasqueraded { get; init; } = true;

    /// <summary>Networks behind the uplink that no policy is about: the host, by the user's wish.</summary>
    public IReadOnlyList<IPNetwork> OpenNetworks { get; init; } = [];

    /// <summary>IPv4 addresses whose TCP connections the proxy takes whatever the policy says; it knows what they stand for (<see cref="EgressGate.HostAccess"/>).</summary>
    public IReadOnlyList<IPAddress> ProxiedAddresses { get; init; } = [];

    /// <summary>Subnets behind <see cref="NeighbourDevice"/>: the VM's neighbours on named networks, whom no policy is about.</summary>
    public IReadOnlyList<IPNetwork> Neighbours { get; init; } = [];

    public string NeighbourDevice { get; init; } = "net0";

    /// <summary>The host's own addresses; a rule of a network opens one only when it is about it alone.</summary>
    public IReadOnlyList<IPAddress> HostAddresses { get; init; } = [];
}
