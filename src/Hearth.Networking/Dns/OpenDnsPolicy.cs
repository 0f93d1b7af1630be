namespace Hearth.Networking.Dns;

/// <summary>Lets everything through.</summary>
public sealed class OpenDnsPolicy : IDnsPolicy
{
    public DnsVerdict Decide(DnsQuestion question) => DnsVerdict.Forward;

    public ValueTask<bool> AcceptAsync(DnsAnswer answer, CancellationToken cancellationToken) => ValueTask.FromResult(true);
}
