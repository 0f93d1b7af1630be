using Hearth.Core.Specs;

namespace Hearth.Linux.Processes;

/// <summary>
/// CPU time of another process, of all its threads, in nanoseconds (clock_getcpuclockid(3)). proc(5) stat has the same in
/// ticks of 10 ms: too coarse for a small part of a short time.
/// </summary>
public static class CpuClock
{
    /// <summary>User and system time since the process was started; null when it is gone.</summary>
    public static unsafe TimeSpan? TryRead(ProcessIdentity process)
    {
        const int NanosecondsPerTick = 100;
        int clock;
        long* time = stackalloc long[2];

        // SAFETY: both point to variables of this frame; a timespec is two longs on 64-bit Linux.
        return Libc.clock_getcpuclockid(process.Pid, &clock) == 0 && Libc.clock_gettime(clock, time) == 0
            ? TimeSpan.FromTicks((time[0] * TimeSpan.TicksPerSecond) + (time[1] / NanosecondsPerTick))
            : null;
    }
}
