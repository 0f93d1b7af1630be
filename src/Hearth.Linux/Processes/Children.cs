using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Processes;

/// <summary>waitid(2) on the caller's children, and kill(2).</summary>
public static class Children
{
    /// <summary>Waits until any child has ended and collects it; false when there is none.</summary>
    public static unsafe bool WaitAny(out ChildStatus status) => Wait(Signals.P_ALL, 0, out status);

    /// <summary>Waits until that child has ended and collects it; false when it is not ours (any more).</summary>
    public static bool Wait(int pid, out ChildStatus status) => Wait(1, (uint)pid, out status);

    /// <summary>False when there is no such process.</summary>
    /// <exception cref="ErrnoException">Any other error.</exception>
    public static bool Signal(int pid, int signal)
    {
        if (Libc.kill(pid, signal) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == Errno.ESRCH ? false : throw ErrnoException.FromLastError("kill", $"process {pid}");
    }

    private static unsafe bool Wait(int kind, uint id, out ChildStatus status)
    {
        Signals.siginfo_child info;
        while (Libc.waitid(kind, id, &info, Signals.WEXITED) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.ECHILD)
            {
                status = default;
                return false;
            }

            if (errno != Errno.EINTR)
            {
                throw new ErrnoException("waitid", errno, "children");
            }
        }

        bool exited = info.si_code == Signals.CLD_EXITED;
        status = exited ? new ChildStatus(info.si_pid, info.si_status, 0) : new ChildStatus(info.si_pid, 128 + info.si_status, info.si_status);
        return true;
    }
}
