using System.Diagnostics;

namespace Hearth.Engine.Supervision;

/// <summary>Names what passed since the last name.</summary>
internal sealed class StageClock
{
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Milliseconds.</summary>
    public Dictionary<string, double> Stages { get; } = [];

    public void Lap(string name)
    {
        Stages[name] = Stopwatch.GetElapsedTime(_last).TotalMilliseconds;
        _last = Stopwatch.GetTimestamp();
    }
}
