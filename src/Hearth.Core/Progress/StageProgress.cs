namespace Hearth.Core.Progress;

/// <summary>One report of long work: which stage, how much of it is done.</summary>
/// <param name="Stage">What is going on, as a person would say it: <c>pulling alpine:3.20</c>.</param>
/// <param name="Done">Units done so far.</param>
/// <param name="Total">Units in all; null when not known.</param>
/// <param name="InBytes">Whether units are bytes, so that a size and a rate make sense.</param>
/// <param name="Finished">The stage's last report.</param>
public readonly record struct StageProgress(string Stage, long Done = 0, long? Total = null, bool InBytes = true, bool Finished = false);
