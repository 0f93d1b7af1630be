namespace Hearth.Bench.Floors;

/// <summary>How long bare restores took, from before the start of the first process.</summary>
/// <param name="Answer">To the (last) agent's Hello.</param>
/// <param name="Output">To the (last) first byte of a container's output.</param>
internal readonly record struct RestoreTimes(TimeSpan Answer, TimeSpan Output);
