namespace Hearth.Vmm;

/// <summary>How a VMM process ended.</summary>
/// <param name="ExitCode">Its exit status, or 128 + the signal.</param>
/// <param name="StderrTail">The last lines that it wrote to standard error.</param>
public sealed record VmmExit(int ExitCode, IReadOnlyList<string> StderrTail);
