using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Mounts;

/// <summary>UTS namespaces (uts_namespaces(7)) of single threads.</summary>
public static class NameNamespace
{
    /// <summary>Moves the calling thread, for good, into the UTS namespace of a process.</summary>
    public static void Enter(SafeFileHandle pidfd)
    {
        if (Libc.setns((int)pidfd.DangerousGetHandle(), (int)Sched.CLONE_NEWUTS) != 0)
        {
            throw ErrnoException.FromLastError("setns", "the container's names");
        }
    }
}
