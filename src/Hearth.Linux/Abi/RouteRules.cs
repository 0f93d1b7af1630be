namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/rtnetlink.h and fib_rules.h: routes by where a packet comes from.</summary>
internal static class RouteRules
{
    internal const ushort RTM_DELROUTE = 25;
    internal const ushort RTM_NEWRULE = 32;
    internal const ushort RTM_DELRULE = 33;

    internal const ushort RTA_PREFSRC = 7;
    internal const byte RTN_UNREACHABLE = 7;
    internal const byte RT_SCOPE_NOWHERE = 255;

    internal const ushort FRA_SRC = 2;
    internal const ushort FRA_PRIORITY = 6;
    internal const byte FR_ACT_TO_TBL = 1;

    internal struct fib_rule_hdr
    {
        internal byte family;
        internal byte dst_len;
        internal byte src_len;
        internal byte tos;
        internal byte table;
        internal byte res1;
        internal byte res2;
        internal byte action;
        internal uint flags;
    }
}
