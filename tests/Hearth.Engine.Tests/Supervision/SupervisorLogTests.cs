using Hearth.Engine.Supervision;

namespace Hearth.Engine.Tests.Supervision;

public sealed class SupervisorLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-log-").FullName;

    private string LogFile => Path.Combine(_directory, "supervisor.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("debug", "debug info warning error")]
    [InlineData("info", "info warning error")]
    [InlineData("warning", "warning error")]
    [InlineData("error", "error")]
    [InlineData("newer", "debug info warning error")]
    public void A_level_says_itself_and_what_is_worse(string least, string expected)
    {
        SupervisorLog log = new(LogFile, least, TimeProvider.System);
        log.Debug("d");
        log.Info("i");
        log.Warning("w");
        log.Error("e");

        File.ReadLines(LogFile).Select(static line => line.Split(' ')[1]).ShouldBe(expected.Split(' '));
    }

    [Fact]
    public void A_message_is_one_line_with_its_time()
    {
        new SupervisorLog(LogFile, "info", TimeProvider.System).Info("two\nlines");

        string line = File.ReadLines(LogFile).ShouldHaveSingleItem();
        line.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info two lines$");
    }

    [Fact]
    public void Two_files_of_a_mebibyte_are_kept_and_a_directory_that_is_gone_is_no_failure()
    {
        SupervisorLog log = new(LogFile, "info", TimeProvider.System);
        string padding = new('x', 400_000);
        for (int i = 0; i < 7; i++)
        {
            log.Info($"{i} {padding}");
        }

        new FileInfo(LogFile).Length.ShouldBeLessThan(1 << 20);
        Directory.GetFiles(_directory).Length.ShouldBe(2);
        File.ReadAllText(LogFile).ShouldContain(" info 6 x");

        new SupervisorLog("/no/such/directory/supervisor.log", "info", TimeProvider.System).Info("nothing");
    }
}
