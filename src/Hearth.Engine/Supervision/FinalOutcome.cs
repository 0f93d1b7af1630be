using Hearth.Core.Errors;

namespace Hearth.Engine.Supervision;

/// <summary>How one run of a VM ended.</summary>
/// <param name="ExitCode">The container's, or Hearth's own.</param>
/// <param name="OomKilled">The guest's kernel killed for want of memory.</param>
/// <param name="Error">Why it did not run or was cut short; null when the container ended by itself.</param>
/// <param name="Ran">How long the run took.</param>
internal sealed record FinalOutcome(int ExitCode, bool OomKilled, HearthException? Error, TimeSpan Ran);
