using Hearth.Linux.Clocks;

namespace Hearth.Vmm.Qemu;

/// <summary>The host's counter rate, measured once a process.</summary>
internal static class HostClock
{
    private static readonly TimeSpan s_span = TimeSpan.FromMilliseconds(10);
    private static readonly Lazy<long> s_kilohertz = new(() => TimeStampCounter.MeasureKilohertz(s_span));

    /// <summary>Thousands of ticks a second.</summary>
    public static long Kilohertz => s_kilohertz.Value;
}
