namespace Hearth.Networking.Dns;

/// <summary>What becomes of a question.</summary>
public enum DnsVerdict
{
    /// <summary>It is asked.</summary>
    Forward,

    /// <summary>
    /// NXDOMAIN, with the extended error "Blocked" (RFC 8914) for who speaks EDNS, and without an SOA, so that nobody caches it
    /// (RFC 2308 §5). REFUSED would be the truer word, but resolvers then ask the next server, wait, and report a failure that may
    /// pass; and glibc ends its walk through the search domains at it.
    /// </summary>
    Deny,

    /// <summary>No such record, though the name may exist: the guest goes on with other types.</summary>
    Empty,
}
