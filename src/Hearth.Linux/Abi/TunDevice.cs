namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/if_tun.h, and the request of <c>linux/if.h</c> that its calls take.</summary>
internal static class TunDevice
{
    internal const ulong TUNSETIFF = 0x400454CA;
    internal const short IFF_TUN = 1;
    internal const short IFF_TAP = 2;
    internal const short IFF_NO_PI = 0x1000;
    internal const short IFF_VNET_HDR = 0x4000;
}
