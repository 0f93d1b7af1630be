namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/netfilter_ipv4.h and netfilter_ipv6/ip6_tables.h: where a redirected connection was going.</summary>
internal static class Netfilter
{
    internal const int SOL_IP = 0;
    internal const int SOL_IPV6 = 41;
    internal const int SO_ORIGINAL_DST = 80;
    internal const int IP6T_SO_ORIGINAL_DST = 80;
}
