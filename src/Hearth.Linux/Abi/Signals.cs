namespace Hearth.Linux.Abi;

/// <summary>include/uapi/asm-generic/signal.h, siginfo.h and linux/wait.h.</summary>
internal static class Signals
{
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGCHLD = 17;
    internal const int SIGSTOP = 19;
    internal const int LastStandard = 31;
    internal const int SIG_SETMASK = 2;
    internal const int Last = 64;
    internal const int SignalSetBytes = 8;
    internal const int P_ALL = 0;
    internal const int P_PID = 1;
    internal const int WEXITED = 4;
    internal const int __WALL = 0x40000000;
    internal const int WNOWAIT = 0x1000000;
    internal const int CLD_EXITED = 1;

    /// <summary>The head of siginfo_t as SIGCHLD fills it on 64-bit machines.</summary>
    internal unsafe struct siginfo_child
    {
        internal int si_signo;
        internal int si_errno;
        internal int si_code;
        internal int pad;
        internal int si_pid;
        internal uint si_uid;
        internal int si_status;
        internal fixed byte rest[100];
    }
}
