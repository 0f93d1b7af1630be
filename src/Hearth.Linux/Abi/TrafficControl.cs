namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/pkt_sched.h: what a token bucket (tc-tbf(8)) is told.</summary>
internal static class TrafficControl
{
    internal const uint TC_H_ROOT = 0xFFFFFFFF;
    internal const byte TC_LINKLAYER_ETHERNET = 1;
    internal const ushort TCA_TBF_PARMS = 1;
    internal const ushort TCA_TBF_RATE64 = 4;
    internal const ushort TCA_TBF_BURST = 6;

    internal struct tc_ratespec
    {
        internal byte cell_log;
        internal byte linklayer;
        internal ushort overhead;
        internal short cell_align;
        internal ushort mpu;
        internal uint rate;
    }

    internal struct tc_tbf_qopt
    {
        internal tc_ratespec rate;
        internal tc_ratespec peakrate;
        internal uint limit;
        internal uint buffer;
        internal uint mtu;
    }
}
