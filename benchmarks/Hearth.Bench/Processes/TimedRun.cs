namespace Hearth.Bench.Processes;

/// <summary>A child process that has ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Elapsed">From before its start to after its end was seen.</param>
/// <param name="Output">Its standard output.</param>
internal sealed record TimedRun(int ExitCode, TimeSpan Elapsed, string Output);
