using System.Diagnostics;
using Hearth.Linux.Guest;

namespace Hearth.Agent.Boot;

/// <summary>When each step was done, in milliseconds since a start.</summary>
internal sealed class StageTimes
{
    private readonly Dictionary<string, double> _stages = [];
    private readonly double _offsetMilliseconds;
    private readonly long _start = Stopwatch.GetTimestamp();

    private StageTimes(double offsetMilliseconds) => _offsetMilliseconds = offsetMilliseconds;

    public static StageTimes SinceBoot() => new(GuestKernel.Uptime().TotalMilliseconds);

    public static StageTimes SinceNow() => new(0);

    public void Mark(string stage) =>
        _stages[stage] = Math.Round(_offsetMilliseconds + Stopwatch.GetElapsedTime(_start).TotalMilliseconds, 3);

    public Dictionary<string, double> ToDictionary() => new(_stages);
}
