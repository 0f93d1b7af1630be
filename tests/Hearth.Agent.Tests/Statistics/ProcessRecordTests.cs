using Hearth.Agent.Statistics;

namespace Hearth.Agent.Tests.Statistics;

public sealed class ProcessRecordTests
{
    private const string Rest = " S 89 101 101 34817 101 4194304 100 0 0 0 12 34 0 0 20 0 1 0 5678 1000000 200 18446744073709551615 0 0";
    private static readonly string[] s_status = ["Name:\tsh", "Uid:\t1000\t1000\t1000\t1000", "NSpid:\t101\t7", "VmRSS:\t    512 kB"];

    [Fact]
    public void Fields_are_found_behind_a_name_with_parentheses_and_spaces()
    {
        ProcessRecord record = ProcessRecord.Parse(101, "101 (a) (b c)" + Rest, s_status, "sh\0-c\0x y\0").ShouldNotBeNull();
        record.ShouldBe(new ProcessRecord(101, 7, 89, 1000, 46, 5678, 34817, 512 * 1024, "sh -c x y"));
    }

    [Fact]
    public void A_process_without_a_command_line_shows_its_name() =>
        ProcessRecord.Parse(101, "101 (kworker/0)" + Rest, s_status, "").ShouldNotBeNull().Command.ShouldBe("[kworker/0]");

    [Theory]
    [InlineData("")]
    [InlineData("101 sh S")]
    [InlineData("101 (sh) S 1 2")]
    public void What_is_not_a_stat_line_is_no_process(string stat) => ProcessRecord.Parse(101, stat, s_status, "").ShouldBeNull();
}
