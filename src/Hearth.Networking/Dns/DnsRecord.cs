using System.Net;

namespace Hearth.Networking.Dns;

/// <summary>A record of an answer.</summary>
/// <param name="Name">Its owner.</param>
/// <param name="Type">Its type.</param>
/// <param name="TimeToLive">Seconds; 0 when the message has the highest bit set (RFC 2181 §8).</param>
/// <param name="Address">Of A and AAAA.</param>
/// <param name="Target">Of CNAME and PTR.</param>
/// <param name="TimeToLiveOffset">Where its TTL stands in the message, so that it can be lowered in place.</param>
public sealed record DnsRecord(string Name, DnsRecordType Type, uint TimeToLive, IPAddress? Address, string? Target, int TimeToLiveOffset);
