namespace Hearth.Networking.Egress;

/// <summary>What a rule is about. Other protocols leave a VM with rules never.</summary>
[Flags]
public enum EgressProtocols
{
    None = 0,
    Tcp = 1,
    Udp = 2,

    /// <summary>Echo requests, of ICMP and ICMPv6.</summary>
    Icmp = 4,
}
