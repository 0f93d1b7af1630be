namespace Hearth.Linux.Processes;

/// <summary>How a child ended.</summary>
/// <param name="Pid">Its pid, free again.</param>
/// <param name="ExitCode">Its exit status, or 128 + the signal.</param>
/// <param name="Signal">The signal that ended it; 0 for none.</param>
public readonly record struct ChildStatus(int Pid, int ExitCode, int Signal);
