namespace Hearth.Posix;

/// <summary>What a run saw.</summary>
/// <param name="Passed">Assertions that held.</param>
/// <param name="Failures">Assertions that did not, in order.</param>
/// <param name="Skipped">Cases that were left out in whole or in part.</param>
public sealed record PosixResult(int Passed, IReadOnlyList<PosixFailure> Failures, IReadOnlyList<PosixSkip> Skipped);
