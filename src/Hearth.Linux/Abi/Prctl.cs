namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/prctl.h (newest: PR_SET_THP_DISABLE, 3.15) and capability.h (version 3, 2.6.26).</summary>
internal static class Prctl
{
    internal const int PR_SET_SECUREBITS = 28;
    internal const int SECBIT_NO_SETUID_FIXUP = 1 << 2;
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int PR_CAPBSET_DROP = 24;
    internal const int PR_SET_THP_DISABLE = 41;
    internal const uint LINUX_CAPABILITY_VERSION_3 = 0x20080522;

    internal struct cap_user_header
    {
        internal uint version;
        internal int pid;
    }

    internal struct cap_user_data
    {
        internal uint effective;
        internal uint permitted;
        internal uint inheritable;
    }
}
