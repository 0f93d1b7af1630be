namespace Hearth.Networking.Dns;

/// <summary>Types of records and questions (IANA's registry of DNS parameters); others pass through as numbers.</summary>
public enum DnsRecordType : ushort
{
    None = 0,
    A = 1,
    NameServer = 2,
    CanonicalName = 5,
    StartOfAuthority = 6,
    Pointer = 12,
    Aaaa = 28,
    Options = 41,

    /// <summary>SVCB (RFC 9460).</summary>
    ServiceBinding = 64,

    /// <summary>HTTPS (RFC 9460): where browsers find keys for an encrypted ClientHello, and addresses as hints.</summary>
    HttpsBinding = 65,

    /// <summary>IXFR.</summary>
    IncrementalTransfer = 251,

    /// <summary>AXFR.</summary>
    ZoneTransfer = 252,
}
