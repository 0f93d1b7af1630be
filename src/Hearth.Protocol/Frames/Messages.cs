namespace Hearth.Protocol.Frames;

/// <summary>Why a request failed; fit to be shown, free of host paths when it came from a guest.</summary>
/// <param name="Code">As <c>HearthException.Code</c>.</param>
/// <param name="Message">The thing and the cause.</param>
/// <param name="Hint">The cure.</param>
/// <param name="ExitCode">The client's exit code.</param>
public sealed record ErrorMessage(string Code, string Message, string? Hint = null, int ExitCode = 125);

/// <summary>A process was started.</summary>
/// <param name="Pid">Its pid as the guest's root namespace sees it.</param>
/// <param name="Stages">Milliseconds from the request's arrival at the agent, by stage.</param>
public sealed record StartedMessage(int Pid, IReadOnlyDictionary<string, double>? Stages = null);

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">Its exit status, or 128 + the signal.</param>
/// <param name="Signal">The signal that ended it; 0 for none.</param>
/// <param name="OomKilled">The kernel killed it, or a process of its container, for want of memory.</param>
/// <param name="Stages">Milliseconds by stage since the request arrived at the agent.</param>
public sealed record ExitMessage(int ExitCode, int Signal = 0, bool OomKilled = false, IReadOnlyDictionary<string, double>? Stages = null);
