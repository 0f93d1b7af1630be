namespace Hearth.Vmm;

/// <summary>How a VMM process ended.</summary>
/// <param name="ExitCode">Its exit status, or 128 + the signal.</param>
/// <param name="GuestPanicked">The guest's kernel panicked.</param>
/// <param name="StderrTail">The last lines that it wrote to standard error.</param>
public sealed record VmmExit(int ExitCode, bool GuestPanicked, IReadOnlyList<string> StderrTail);
