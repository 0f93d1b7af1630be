namespace Hearth.Networking.Proxy;

/// <summary>What a connection's first bytes say of its protocol.</summary>
internal enum HeadKind
{
    /// <summary>They may become HTTP; more are needed.</summary>
    Undecided,
    Tls,
    Http,

    /// <summary>Neither: nothing in it names a host that a server would act on.</summary>
    Other,
}
