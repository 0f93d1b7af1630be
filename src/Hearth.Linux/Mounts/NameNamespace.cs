using Hearth.Linux.Abi;
using Hearth.Linux.Guest;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Mounts;

/// <summary>UTS namespaces (uts_namespaces(7)) of single threads.</summary>
public static class NameNamespace
{
    /// <summary>Sets the host name that a process sees. The calling thread is in that process's namespace for the moment, and then in its own again.</summary>
    /// <exception cref="ErrnoException">The process is gone, or the caller may not.</exception>
    public static void SetHostname(SafeFileHandle pidfd, string name)
    {
        int own = Libc.open_path("/proc/thread-self/ns/uts", Fcntl.O_RDONLY | Fcntl.O_CLOEXEC);
        using SafeFileHandle back = own >= 0 ? new SafeFileHandle(own, ownsHandle: true) : throw ErrnoException.FromLastError("open", "/proc/thread-self/ns/uts");
        Enter(pidfd, "the container's names");
        try
        {
            GuestKernel.SetHostname(name);
        }
        finally
        {
            Enter(back, "the caller's own names");
        }
    }

    private static void Enter(SafeFileHandle place, string subject)
    {
        if (Libc.setns((int)place.DangerousGetHandle(), (int)Sched.CLONE_NEWUTS) != 0)
        {
            throw ErrnoException.FromLastError("setns", subject);
        }
    }
}
