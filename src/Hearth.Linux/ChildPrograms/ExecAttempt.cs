namespace Hearth.Linux.ChildPrograms;

/// <summary>One execve of a child program that failed.</summary>
public readonly record struct ExecAttempt(string Path, int Errno);
