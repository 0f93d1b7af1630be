using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Hearth.Linux.Clocks;

/// <summary>
/// The rate of the processor's time stamp counter. An emulated guest's counter is the host's, and its kernel must be told the
/// rate: calibrating against an emulated timer on a busy host can hang for ever. Linux tells nobody its own figure, so it is
/// measured: counter against CLOCK_MONOTONIC.
/// </summary>
public static class TimeStampCounter
{
    /// <summary>rdtsc; shl rdx,32; or rax,rdx; ret.</summary>
    private static ReadOnlySpan<byte> ReadCounterCode => [0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0, 0xc3];

    /// <summary>Measures for at least <paramref name="span"/>: 10 ms give about 50 ppm.</summary>
    /// <returns>Thousands of ticks a second.</returns>
    public static unsafe long MeasureKilohertz(TimeSpan span)
    {
        const nuint Page = 4096;
        nint code = Libc.map_memory(0, Page, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        if (code == -1)
        {
            throw ErrnoException.FromLastError("mmap", "one page");
        }

        try
        {
            // SAFETY: the page is ours, writable, and larger than the code.
            ReadCounterCode.CopyTo(new Span<byte>((void*)code, (int)Page));
            if (Libc.protect_memory(code, Page, Libc.PROT_READ | Libc.PROT_EXEC) != 0)
            {
                throw ErrnoException.FromLastError("mprotect", "one page");
            }

            // SAFETY: the page holds a leaf function without arguments that returns an u64.
            return Measure((delegate* unmanaged<ulong>)code, span);
        }
        finally
        {
            _ = Libc.unmap_memory(code, Page);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe long Measure(delegate* unmanaged<ulong> readCounter, TimeSpan span)
    {
        _ = readCounter();
        long start = Stopwatch.GetTimestamp();
        ulong first = readCounter();
        SpinWait spin = default;
        while (Stopwatch.GetElapsedTime(start) < span)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        ulong last = readCounter();
        return (long)((last - first) / elapsed.TotalMilliseconds);
    }
}
