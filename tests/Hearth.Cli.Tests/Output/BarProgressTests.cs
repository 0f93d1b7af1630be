using Hearth.Cli.Output;
using Hearth.Core.Progress;

namespace Hearth.Cli.Tests.Output;

public sealed class BarProgressTests : IDisposable
{
    private readonly StringWriter _terminal = new() { NewLine = "\n" };
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void A_stage_is_redrawn_in_place_with_bar_size_and_rate()
    {
        using BarProgress progress = new(_terminal, _time, static () => 80, hasColour: false);
        progress.Report(new StageProgress("pulling", 0, 1000));
        _time.Advance(TimeSpan.FromSeconds(1));
        progress.Report(new StageProgress("pulling", 500, 1000));
        _terminal.ToString().ShouldBe("pulling [                        ]\n\e[1A\r\e[Jpulling [============            ] 500B/1kB 500B/s\n");
    }

    [Fact]
    public void A_finished_stage_stays_as_a_plain_line_and_the_end_erases_the_others()
    {
        BarProgress progress = new(_terminal, _time, static () => 80, hasColour: true);
        progress.Report(new StageProgress("one", 2000, 2000, Finished: true));
        progress.Report(new StageProgress("two", InBytes: false));
        progress.Dispose();
        _terminal.ToString().ShouldBe("one 2kB 0.0s\ntwo\n\e[1A\r\e[J");
    }

    [Fact]
    public void Reports_in_quick_succession_are_drawn_once()
    {
        using BarProgress progress = new(_terminal, _time, static () => 80, hasColour: false);
        for (int i = 0; i < 1000; i++)
        {
            progress.Report(new StageProgress("s", i, 1000));
        }

        _terminal.ToString().Split("\e[J").Length.ShouldBe(1);
    }
}
