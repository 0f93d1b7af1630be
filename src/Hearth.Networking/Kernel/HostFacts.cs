using System.Net;

namespace Hearth.Networking.Kernel;

/// <summary>What of the host decides about a VM's network.</summary>
/// <param name="Mtu">Of the interface that the default route leads through.</param>
/// <param name="HasIpv6">It forwards IPv6 and has a way out for it.</param>
/// <param name="Prefix">Where routed guests' IPv6 addresses are from; null unless the guest is routed.</param>
internal sealed record HostFacts(int Mtu, bool HasIpv6, IPNetwork? Prefix);
