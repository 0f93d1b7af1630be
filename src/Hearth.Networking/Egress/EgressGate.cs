using System.Net;
using Hearth.Networking.Dns;

namespace Hearth.Networking.Egress;

// What decides about one VM, for as long as it runs. The DNS forwarder asks it about names and shows it answers; the proxy asks
// it about connections. What neither of the two sees (UDP, ICMP) is decided by the rule set in the VM's network namespace: for
// that, addresses of names go into sets there before the guest learns them.
//
// A change of policy: the new one is in place for every decision that begins after Replace; then the rule set is exchanged; then
// Changed tells the proxy, which ends what is no longer allowed. Connections between the steps are judged by the new policy.

/// <summary>The living side of a policy.</summary>
/// <param name="policy">The one to begin with.</param>
/// <param name="log">Where decisions are written; null for nowhere.</param>
/// <param name="time">The clock of grants.</param>
public sealed class EgressGate(EgressPolicy policy, EgressLog? log, TimeProvider time) : IDnsPolicy
{
    private volatile EgressPolicy _policy = policy;

    /// <summary>Raised when another policy is in place.</summary>
    public event Action? Changed;

    public EgressPolicy Policy => _policy;

    public GrantedAddresses Granted { get; } = new(time);

    /// <summary>
    /// Opens addresses in the rule set for what is not TCP; set once the rule set is in place. It is awaited before the guest
    /// gets the answer; when it fails, the answer is withheld.
    /// </summary>
    public Func<DnsAnswer, CancellationToken, Task>? Opening { get; set; }

    /// <summary>Whether an address is the host's own; those are no ordinary destination.</summary>
    public Func<IPAddress, bool> IsHostAddress { get; init; } = HostAddress.IsOwn;

    /// <summary>Addresses that stand for the host by the user's wish (<c>--host-access</c>), with what is connected to.</summary>
    public IReadOnlyDictionary<IPAddress, IPAddress> HostAccess { get; init; } = new Dictionary<IPAddress, IPAddress>();

    /// <summary>Puts another policy in place. The caller exchanges the rule set, then calls <see cref="ReportChanged"/>.</summary>
    public void Replace(EgressPolicy policy) => _policy = policy;

    /// <summary>Ends what the policy in place no longer allows.</summary>
    public void ReportChanged() => Changed?.Invoke();

    public DnsVerdict Decide(DnsQuestion question)
    {
        EgressPolicy now = _policy;
        EgressDecision decision = now.DecideQuestion(question.Name);
        if (!decision.IsAllowed)
        {
            log?.Write(decision, "dns", null, question.Name);
            return DnsVerdict.Deny;
        }

        // These hold keys with which a browser hides the name in its ClientHello, and addresses besides A and AAAA.
        return !now.IsOpen && question.Type is DnsRecordType.ServiceBinding or DnsRecordType.HttpsBinding ? DnsVerdict.Empty : DnsVerdict.Forward;
    }

    public async ValueTask<bool> AcceptAsync(DnsAnswer answer, CancellationToken cancellationToken)
    {
        EgressPolicy now = _policy;
        if (now.IsOpen)
        {
            return true;
        }

        // An alias is another name for what --deny is about.
        foreach (string alias in answer.Aliases)
        {
            if (now.HasDeniedNames && now.DecideQuestion(alias) is { IsAllowed: false, Basis: EgressBasis.Name } denied)
            {
                log?.Write(denied, "dns", null, answer.Question.Name);
                return false;
            }
        }

        IPAddress[] ordinary = [.. answer.Addresses.Select(NetworkMath.Plain).Where(address => SpecialRanges.Find(address) is null && !IsHostAddress(address))];
        DnsAnswer grantable = answer with { Addresses = [.. ordinary.Where(address => Granted.Add(address, answer.Question.Name, answer.TimeToLive))] };
        if (grantable.Addresses.Count > 0 && Opening is { } open)
        {
            await open(grantable, cancellationToken);
        }

        return true;
    }

    /// <summary>Decides about an address; see <see cref="EgressPolicy.Decide"/>.</summary>
    public EgressDecision Decide(EgressProtocols protocol, IPAddress address, int port, IReadOnlyCollection<string> names) =>
        _policy.Decide(protocol, address, port, names, !_policy.IsOpen && IsHostAddress(address));

    /// <summary>Writes a decision about a connection.</summary>
    public void Log(EgressDecision decision, IPEndPoint destination, string? name) => log?.Write(decision, "tcp", destination.ToString(), name);
}
