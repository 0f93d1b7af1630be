namespace Hearth.Posix.Abi;

/// <summary>
/// Calls about the caller. By number they change the calling thread alone, as the kernel has it: credentials belong to a thread, and after
/// unshare(2) so do umask, working directory and descriptors.
/// </summary>
internal static unsafe partial class Kernel
{
    public static uint geteuid() => (uint)Call(107);
    public static long getpid() => Call(39);
    public static uint umask(uint mask) => (uint)Call(95, (nint)mask);
    public static long unshare(int flags) => Call(272, flags);
    public static long setresuid(uint real, uint effective, uint saved) => Call(117, (nint)real, (nint)effective, (nint)saved);
    public static long setresgid(uint real, uint effective, uint saved) => Call(119, (nint)real, (nint)effective, (nint)saved);

    public static long setgroups(ReadOnlySpan<uint> groups)
    {
        // SAFETY: the kernel reads groups.Length numbers during the call.
        fixed (uint* p = groups)
        {
            return Call(116, groups.Length, (nint)p);
        }
    }

    public static int getgroups(Span<uint> groups)
    {
        // SAFETY: the kernel writes at most groups.Length numbers during the call.
        fixed (uint* p = groups)
        {
            return (int)Call(115, groups.Length, (nint)p);
        }
    }

    /// <summary>Lets <paramref name="nanoseconds"/> (below one second) pass.</summary>
    public static void nanosleep(long nanoseconds)
    {
        Timestamp wanted = new(0, nanoseconds);
        Timestamp left = default;
        while (Call(35, (nint)(&wanted), (nint)(&left)) == -Errno.EINTR)
        {
            wanted = left;
        }
    }
}
