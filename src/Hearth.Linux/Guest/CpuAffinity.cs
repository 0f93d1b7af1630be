namespace Hearth.Linux.Guest;

/// <summary>Where the calling thread runs (sched_setaffinity(2)).</summary>
public static unsafe class CpuAffinity
{
    /// <summary>Keeps the calling thread on the first CPU. A kernel that refuses leaves it where it is: it is a matter of speed.</summary>
    public static void StayOnFirst()
    {
        ulong first = 1;
        _ = Libc.sched_setaffinity(0, sizeof(ulong), &first);
    }
}
