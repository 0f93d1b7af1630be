using Hearth.Cli.Listing;
using Hearth.Core.Specs;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;

namespace Hearth.Cli.Tests.Listing;

public sealed class StatsTests
{
    [Fact]
    public void Cpu_is_the_difference_of_two_samples_over_wall_time() =>
        StatsRows.CpuPercent(Sample(1_000_000, 0), Sample(1_500_000, 1_000_000_000)).ShouldBe(50);

    [Fact]
    public void Cpu_is_unknown_without_two_samples_or_after_a_restart()
    {
        StatsRows.CpuPercent(null, Sample(1, 1)).ShouldBeNull();
        StatsRows.CpuPercent(Sample(5, 1), Sample(1, 2)).ShouldBeNull();
        StatsRows.CpuPercent(Sample(1, 5), Sample(1, 5)).ShouldBeNull();
    }

    [Fact]
    public void A_row_shows_memory_against_its_limit()
    {
        var fields = StatsRows.Of(Vms.Make("a", VmStatus.Running), Sample(0, 0), Sample(20_000, 1_000_000_000), false).Fields;
        fields["CPUPerc"]!.GetValue<string>().ShouldBe("2.00%");
        fields["MemUsage"]!.GetValue<string>().ShouldBe("64MiB / 256MiB");
        fields["MemPerc"]!.GetValue<string>().ShouldBe("25.00%");
    }

    private static VmStats Sample(long cpuMicroseconds, long nanoseconds) =>
        new(new StatsReply(cpuMicroseconds, 64 << 20, 256 << 20, 2, 0, 0, 0, 1), 0, 0, nanoseconds);
}
