namespace Hearth.Posix.Stress;

/// <summary>What the stress saw: how many operations were done, and what was not as it has to be.</summary>
public sealed record StressResult(long Operations, IReadOnlyList<string> Failures);
