namespace Hearth.Networking.Dns;

/// <summary>What is asked.</summary>
/// <param name="Name">As <see cref="DnsNameText"/> writes names: lower case, no dot at the end, "" for the root.</param>
/// <param name="Type">The type of record.</param>
/// <param name="Class">1 for the Internet.</param>
public readonly record struct DnsQuestion(string Name, DnsRecordType Type, ushort Class);
