using Hearth.Linux.Clocks;

namespace Hearth.Vmm.Qemu;

/// <summary>The host's counter rate, measured once a process.</summary>
internal static class HostClock
{
    private static readonly TimeSpan s_span = TimeSpan.FromMilliseconds(10);
    private static readonly Lazy<Task<long>> s_kilohertz = new(() => Task.Run(() => TimeStampCounter.MeasureKilohertz(s_span)));

    /// <summary>Thousands of ticks a second.</summary>
    public static long Kilohertz => s_kilohertz.Value.GetAwaiter().GetResult();

    /// <summary>Begins to measure, beside whatever else is to be done before a VM starts.</summary>
    public static void Begin() => _ = s_kilohertz.Value;
}
