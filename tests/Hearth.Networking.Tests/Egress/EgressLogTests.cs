using Hearth.Networking.Egress;

namespace Hearth.Networking.Tests.Egress;

public sealed class EgressLogTests : IDisposable
{
    private static readonly EgressDecision s_denied = new(false, EgressBasis.Mode, "--egress list");

    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-egress-log-").FullName;
    private readonly ManualTime _time = new();

    private string LogFile => Path.Combine(_directory, "egress.jsonl");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_decision_is_a_line_of_this_form()
    {
        using EgressLog log = new(LogFile, _time);

        log.Write(new EgressDecision(true, EgressBasis.Name, "--allow example.com"), "tcp", "203.0.113.1:443", "example.com");
        log.Write(s_denied, "dns", null, "other.example");

        string time = System.Text.Json.JsonSerializer.Serialize(_time.GetUtcNow());
        File.ReadAllLines(LogFile).ShouldBe(
        [
            $$"""{"time":{{time}},"decision":"allow","protocol":"tcp","destination":"203.0.113.1:443","name":"example.com","rule":"--allow example.com","count":1}""",
            $$"""{"time":{{time}},"decision":"deny","protocol":"dns","name":"other.example","rule":"--egress list","count":1}""",
        ]);
        new FileInfo(LogFile).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Repetitions_are_one_line_with_their_count_when_the_window_ends()
    {
        using EgressLog log = new(LogFile, _time);
        for (int i = 0; i < 1000; i++)
        {
            log.Write(s_denied, "dns", null, "other.example");
        }

        File.ReadAllLines(LogFile).Length.ShouldBe(1);
        _time.Advance(EgressLog.Window);

        File.ReadAllLines(LogFile)[1].ShouldContain("\"count\":999");
        log.Write(s_denied, "dns", null, "other.example");
        File.ReadAllLines(LogFile).Length.ShouldBe(3, "a new window begins");
    }

    [Fact]
    public void What_was_counted_is_written_at_the_end()
    {
        EgressLog log = new(LogFile, _time);
        log.Write(s_denied, "dns", null, "other.example");
        log.Write(s_denied, "dns", null, "other.example");

        log.Dispose();
        log.Dispose();

        File.ReadAllLines(LogFile).Length.ShouldBe(2);
    }

    [Fact]
    public void A_guest_that_asks_for_ever_new_names_fills_no_log()
    {
        using EgressLog log = new(LogFile, _time);
        for (int i = 0; i < EgressLog.MaxKinds + 50; i++)
        {
            log.Write(s_denied, "dns", null, $"n{i}.example");
        }

        File.ReadAllLines(LogFile).Length.ShouldBe(EgressLog.MaxKinds);
        _time.Advance(EgressLog.Window);
        File.ReadAllLines(LogFile)[^1].ShouldContain("\"decision\":\"lost\"");
        File.ReadAllLines(LogFile)[^1].ShouldContain("\"count\":50");
    }

    [Fact]
    public void A_full_file_becomes_the_older_one()
    {
        using EgressLog log = new(LogFile, _time, maxFileBytes: 1000);
        for (int i = 0; i < 30; i++)
        {
            log.Write(s_denied, "dns", null, $"n{i}.example");
        }

        File.ReadAllLines(LogFile).Concat(File.ReadAllLines(EgressLog.OlderFile(LogFile))).ShouldContain(static line => line.Contains("n29.example", StringComparison.Ordinal));
        (new FileInfo(LogFile).Length + new FileInfo(EgressLog.OlderFile(LogFile)).Length).ShouldBeLessThan(2500);
    }
}
