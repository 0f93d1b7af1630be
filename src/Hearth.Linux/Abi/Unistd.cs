namespace Hearth.Linux.Abi;

/// <summary>arch/x86/include/generated/uapi/asm/unistd_64.h (newest: clone3, 5.3; close_range, 5.9).</summary>
internal static class Unistd
{
    internal const long NR_read = 0;
    internal const long NR_write = 1;
    internal const long NR_close = 3;
    internal const long NR_rt_sigaction = 13;
    internal const long NR_rt_sigprocmask = 14;
    internal const long NR_ioctl = 16;
    internal const long NR_dup2 = 33;
    internal const long NR_socket = 41;
    internal const long NR_execve = 59;
    internal const long NR_exit = 60;
    internal const long NR_chdir = 80;
    internal const long NR_mkdir = 83;
    internal const long NR_symlink = 88;
    internal const long NR_fchown = 93;
    internal const long NR_umask = 95;
    internal const long NR_setsid = 112;
    internal const long NR_setgroups = 116;
    internal const long NR_setresuid = 117;
    internal const long NR_setresgid = 119;
    internal const long NR_capset = 126;
    internal const long NR_mknod = 133;
    internal const long NR_pivot_root = 155;
    internal const long NR_prctl = 157;
    internal const long NR_mount = 165;
    internal const long NR_umount2 = 166;
    internal const long NR_sethostname = 170;
    internal const long NR_openat = 257;
    internal const long NR_unshare = 272;
    internal const long NR_prlimit64 = 302;
    internal const long NR_setns = 308;
    internal const long NR_finit_module = 313;
    internal const long NR_open_tree = 428;
    internal const long NR_move_mount = 429;
    internal const long NR_pidfd_open = 434;
    internal const long NR_clone3 = 435;
    internal const long NR_close_range = 436;
    internal const long NR_openat2 = 437;
}
