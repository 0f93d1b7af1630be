using System.Globalization;
using System.Text;
using Hearth.Core.Progress;
using Hearth.Core.Units;

namespace Hearth.Cli.Output;

/// <summary>
/// Progress on a terminal: a line for each stage that is going on, redrawn in place, with a bar, size and rate; a finished
/// stage stays above them as one plain line. Redraws happen when a report arrives, ten times a second at most: there is no
/// timer that could write between a command's own output. A library that draws such bars was not taken because it costs a
/// start some milliseconds and is not free of reflection.
/// </summary>
internal sealed class BarProgress : IProgressSink
{
    private const int BarCells = 24;
    private const int LeastWidth = 40;
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly List<Stage> _stages = [];
    private readonly TextWriter _writer;
    private readonly TimeProvider _time;
    private readonly Func<int> _width;
    private readonly bool _hasColour;
    private long _lastDraw;
    private int _drawn;

    /// <param name="writer">The terminal.</param>
    /// <param name="time">For rates and the bound on redraws.</param>
    /// <param name="width">The terminal's width in cells now.</param>
    /// <param name="hasColour">Whether escape sequences for colour may be written; those that move the cursor are in any case.</param>
    public BarProgress(TextWriter writer, TimeProvider time, Func<int> width, bool hasColour)
    {
        (_writer, _time, _width, _hasColour) = (writer, time, width, hasColour);
    }

    public void Report(StageProgress value)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            int at = _stages.FindIndex(stage => stage.Latest.Stage == value.Stage);
            if (at < 0)
            {
                _stages.Add(new Stage(value, now));
                at = _stages.Count - 1;
            }
            else
            {
                _stages[at] = _stages[at] with { Latest = value };
            }

            bool due = _drawn == 0 || value.Finished || _time.GetElapsedTime(_lastDraw, now) >= s_redraw;
            if (!due)
            {
                return;
            }

            _lastDraw = now;
            StringBuilder frame = Erase();
            if (value.Finished)
            {
                frame.Append(FinishedLine(_stages[at], now)).Append('\n');
                _stages.RemoveAt(at);
            }

            Draw(frame, now);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer.Write(Erase());
            _writer.Flush();
            _stages.Clear();
        }
    }

    private StringBuilder Erase()
    {
        StringBuilder frame = new();
        if (_drawn > 0)
        {
            frame.Append(CultureInfo.InvariantCulture, $"\e[{_drawn}A\r\e[J");
            _drawn = 0;
        }

        return frame;
    }

    private void Draw(StringBuilder frame, long now)
    {
        foreach (Stage stage in _stages)
        {
            frame.Append(ActiveLine(stage, now)).Append('\n');
        }

        _drawn = _stages.Count;
        _writer.Write(frame);
        _writer.Flush();
    }

    private string ActiveLine(Stage stage, long now)
    {
        StageProgress latest = stage.Latest;
        string figures = Figures(latest, _time.GetElapsedTime(stage.Began, now));
        string bar = latest.Total is > 0 and long total ? Bar(Math.Clamp((double)latest.Done / total, 0, 1)) : "";
        int room = Math.Max(LeastWidth, _width()) - 1 - (bar.Length > 0 ? BarCells + 3 : 0) - figures.Length - 1;
        string name = Shorten(Table.Printable(latest.Stage), Math.Max(8, room));
        return string.Join(' ', new[] { name, bar, figures }.Where(static part => part.Length > 0));
    }

    private string FinishedLine(Stage stage, long now)
    {
        TimeSpan took = _time.GetElapsedTime(stage.Began, now);
        StageProgress latest = stage.Latest;
        string size = latest.InBytes && latest.Done > 0 ? $" {new ByteSize(latest.Done).ToDecimalString()}" : "";
        string seconds = took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        return $"{Shorten(Table.Printable(latest.Stage), Math.Max(8, Math.Max(LeastWidth, _width()) - 20))}{size} {seconds}s";
    }

    private string Bar(double share)
    {
        int full = (int)(share * BarCells);
        string done = new('=', full);
        string rest = new(' ', BarCells - full);
        return _hasColour ? $"[\e[32m{done}\e[0m{rest}]" : $"[{done}{rest}]";
    }

    private static string Figures(StageProgress latest, TimeSpan elapsed)
    {
        if (!latest.InBytes)
        {
            return latest.Total is long count ? $"{latest.Done}/{count}" : latest.Done > 0 ? $"{latest.Done}" : "";
        }

        if (latest.Done <= 0)
        {
            return "";
        }

        string done = new ByteSize(latest.Done).ToDecimalString();
        string size = latest.Total is long total ? $"{done}/{new ByteSize(total).ToDecimalString()}" : done;
        return elapsed.TotalSeconds >= 0.5 ? $"{size} {new ByteSize((long)(latest.Done / elapsed.TotalSeconds)).ToDecimalString()}/s" : size;
    }

    private static string Shorten(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    private readonly record struct Stage(StageProgress Latest, long Began);
}
