namespace Hearth.Networking.Dns;

/// <summary>Decides about a guest's questions and learns of the answers. Called from several queries at once.</summary>
public interface IDnsPolicy
{
    /// <summary>Decides before anything leaves the host: a name that is denied is told to nobody.</summary>
    DnsVerdict Decide(DnsQuestion question);

    /// <summary>
    /// Called with every answer before the guest gets it, static ones included; what must be in place when the guest uses the
    /// addresses must be so when this returns.
    /// </summary>
    /// <returns>False: the answer is held back, as if the question had been denied.</returns>
    ValueTask<bool> AcceptAsync(DnsAnswer answer, CancellationToken cancellationToken);
}
