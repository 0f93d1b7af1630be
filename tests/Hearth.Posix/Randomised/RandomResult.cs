namespace Hearth.Posix.Randomised;

/// <summary>What random operations saw.</summary>
/// <param name="Operations">How many were done.</param>
/// <param name="Failure">What was not as the model has it; null when all was.</param>
/// <param name="Last">The operations before the failure, the oldest first.</param>
/// <param name="Unsupported">Operations that the file system does not have, and that were left out.</param>
public sealed record RandomResult(long Operations, string? Failure, IReadOnlyList<string> Last, IReadOnlyList<string> Unsupported);
