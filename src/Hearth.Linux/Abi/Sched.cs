namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/sched.h (newest: CLONE_INTO_CGROUP, 5.7).</summary>
internal static class Sched
{
    internal const ulong CLONE_VM = 0x100;
    internal const ulong CLONE_FS = 0x200;
    internal const ulong CLONE_FILES = 0x400;
    internal const ulong CLONE_PIDFD = 0x1000;
    internal const ulong CLONE_VFORK = 0x4000;
    internal const ulong CLONE_NEWNS = 0x20000;
    internal const ulong CLONE_PARENT_SETTID = 0x100000;
    internal const ulong CLONE_NEWCGROUP = 0x2000000;
    internal const ulong CLONE_NEWUTS = 0x4000000;
    internal const ulong CLONE_NEWIPC = 0x8000000;
    internal const ulong CLONE_NEWUSER = 0x10000000;
    internal const ulong CLONE_NEWPID = 0x20000000;
    internal const ulong CLONE_NEWNET = 0x40000000;
    internal const ulong CLONE_CLEAR_SIGHAND = 0x100000000;
    internal const ulong CLONE_INTO_CGROUP = 0x200000000;

    internal struct clone_args
    {
        internal ulong flags;
        internal ulong pidfd;
        internal ulong child_tid;
        internal ulong parent_tid;
        internal ulong exit_signal;
        internal ulong stack;
        internal ulong stack_size;
        internal ulong tls;
        internal ulong set_tid;
        internal ulong set_tid_size;
        internal ulong cgroup;
    }
}
