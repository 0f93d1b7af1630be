namespace Hearth.Linux.ChildPrograms;

/// <summary>A child program stopped at a step; the child is gone (its exit status still has to be collected by whoever reaps).</summary>
public sealed class ChildProgramException(string call, string subject, int errno, IReadOnlyList<ExecAttempt> attempts)
    : IOException($"{call} {subject}: {ErrnoText.Of(errno)}")
{
    public string Call { get; } = call;

    public string Subject { get; } = subject;

    public int Errno { get; } = errno;

    /// <summary>The programs that were tried, in order; empty when the table did not get so far.</summary>
    public IReadOnlyList<ExecAttempt> Attempts { get; } = attempts;
}
