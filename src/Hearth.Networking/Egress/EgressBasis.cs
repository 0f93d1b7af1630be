namespace Hearth.Networking.Egress;

/// <summary>What a decision rests on.</summary>
public enum EgressBasis
{
    /// <summary>The mode; no rule is about this.</summary>
    Mode,

    /// <summary>A rule of a network: the address alone decided.</summary>
    Network,

    /// <summary>A rule of a name.</summary>
    Name,

    /// <summary>A private, link-local or otherwise special address that no rule of a network opens.</summary>
    Special,

    /// <summary>The user gave the guest access to the host.</summary>
    HostAccess,

    /// <summary>The protocol: a head that cannot be read, or says what is never let through.</summary>
    Protocol,
}
