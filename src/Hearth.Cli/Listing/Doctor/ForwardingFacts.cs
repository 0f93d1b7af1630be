namespace Hearth.Cli.Listing.Doctor;

/// <summary>What of this host decides about bridged and routed networks.</summary>
/// <param name="Ipv4">net.ipv4.ip_forward is 1.</param>
/// <param name="Ipv6">net.ipv6.conf.all.forwarding is 1.</param>
/// <param name="Droppers">Others' rules that drop what is forwarded, and say nothing of VMs.</param>
internal sealed record ForwardingFacts(bool Ipv4, bool Ipv6, IReadOnlyList<DroppingChain> Droppers);
