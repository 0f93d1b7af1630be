using Microsoft.Win32.SafeHandles;

namespace Hearth.Vmm;

/// <summary>A network interface of a guest.</summary>
/// <param name="Tap">An open TAP device with offload headers (IFF_VNET_HDR); the caller's.</param>
/// <param name="Station">The hardware address that it boots with; a saved state brings its own.</param>
public sealed record VmNetworkDevice(SafeFileHandle Tap, string Station);
