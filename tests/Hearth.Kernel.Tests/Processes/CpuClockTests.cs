using System.Diagnostics;
using Hearth.Core.Specs;
using Hearth.Linux.Processes;

namespace Hearth.Kernel.Tests.Processes;

public sealed class CpuClockTests
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void It_counts_all_threads_and_is_finer_than_a_tick()
    {
        TimeSpan proc = Environment.CpuUsage.TotalTime;
        TimeSpan before = CpuClock.TryRead(ProcessTable.Self).ShouldNotBeNull();
        Thread worker = new(() => SpinFor(TimeSpan.FromMilliseconds(5)));
        worker.Start();
        worker.Join();
        TimeSpan after = CpuClock.TryRead(ProcessTable.Self).ShouldNotBeNull();

        before.ShouldBeGreaterThanOrEqualTo(proc);
        after.ShouldBeGreaterThan(before);
        (before.Ticks % s_tick.Ticks, after.Ticks % s_tick.Ticks).ShouldNotBe((0, 0));
    }

    [Fact]
    public void A_sleeping_process_of_somebody_else_has_used_next_to_nothing()
    {
        using Process sleeper = Process.Start("sleep", "1000");
        TimeSpan used = CpuClock.TryRead(new ProcessIdentity(sleeper.Id, 0)).ShouldNotBeNull();
        sleeper.Kill();
        sleeper.WaitForExit();

        used.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        CpuClock.TryRead(new ProcessIdentity(sleeper.Id, 0)).ShouldBeNull();
    }

    private static void SpinFor(TimeSpan span)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < span)
        {
        }
    }
}
