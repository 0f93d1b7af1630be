using Hearth.Core.Specs;

namespace Hearth.Networking.Kernel;

/// <summary>What a VM wants of the host's kernel.</summary>
/// <param name="VmId">Decides names and the addresses that are tried first.</param>
/// <param name="Mode"><see cref="NetworkMode.Bridged"/> or <see cref="NetworkMode.Routed"/>.</param>
/// <param name="Ipv6Prefix">Where the guest's IPv6 address is from when it is routed; null: the host's own.</param>
public sealed record KernelRequest(string VmId, NetworkMode Mode, string? Ipv6Prefix)
{
    /// <summary>Fifteen letters are the most that the kernel takes.</summary>
    public string Interface => GuestPrefix + VmId[..8];

    /// <summary>How the host's ends of VMs' interfaces begin.</summary>
    public const string GuestPrefix = "hearth-";
}
