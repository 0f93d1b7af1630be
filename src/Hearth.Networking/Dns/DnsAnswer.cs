using System.Net;

namespace Hearth.Networking.Dns;

/// <summary>The addresses that a resolver gave for a name, before the guest sees them.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Aliases">The names that the question's leads to by CNAME records, in order, without itself.</param>
/// <param name="Addresses">Of A and AAAA records that belong to the name or to the last alias.</param>
/// <param name="TimeToLive">The shortest of the records that led there.</param>
public sealed record DnsAnswer(DnsQuestion Question, IReadOnlyList<string> Aliases, IReadOnlyList<IPAddress> Addresses, TimeSpan TimeToLive)
{
    /// <summary>More than resolvers follow.</summary>
    private const int MaxAliases = 16;

    /// <summary>Collects what answers the question; records of names that it does not lead to are not looked at.</summary>
    public static DnsAnswer From(DnsMessage message)
    {
        string name = message.Question.Name;
        List<string> aliases = [];
        uint timeToLive = uint.MaxValue;
        while (aliases.Count < MaxAliases
            && message.Answers.FirstOrDefault(record => record.Type == DnsRecordType.CanonicalName && record.Name == name) is { Target: { } target } alias
            && target != message.Question.Name && !aliases.Contains(target))
        {
            aliases.Add(target);
            timeToLive = Math.Min(timeToLive, alias.TimeToLive);
            name = target;
        }

        DnsRecord[] addresses = [.. message.Answers.Where(record => record.Address is not null && record.Name == name)];
        timeToLive = addresses.Aggregate(timeToLive, static (least, record) => Math.Min(least, record.TimeToLive));
        return new DnsAnswer(message.Question, aliases, [.. addresses.Select(static record => record.Address!)], TimeSpan.FromSeconds(timeToLive == uint.MaxValue ? 0 : timeToLive));
    }
}
