using System.Runtime.InteropServices;

namespace Hearth.Linux;

/// <summary>A system call failed. Upper layers wrap it once, adding their own subject.</summary>
/// <param name="call">The call's name: <c>socketpair</c>.</param>
/// <param name="errno">errno(3).</param>
/// <param name="subject">What it was called on: a path, a pid.</param>
public sealed class ErrnoException(string call, int errno, string subject)
    : IOException($"{call} {subject}: {Marshal.GetPInvokeErrorMessage(errno)} ({errno})")
{
    public string Call { get; } = call;

    public int Errno { get; } = errno;

    public string Subject { get; } = subject;

    /// <summary>EPIPE: nobody reads the other end any more.</summary>
    public bool IsBrokenPipe => Errno == Libc.EPIPE;

    internal static ErrnoException FromLastError(string call, string subject) => new(call, Marshal.GetLastPInvokeError(), subject);
}
