using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Mounts;

/// <summary>Mount namespaces of single threads.</summary>
public static class MountNamespace
{
    /// <summary>
    /// Moves the calling thread, for good, into the mount namespace of a process; its root and working directory become that
    /// namespace's root (setns(2)). A thread that shares those with others must stop sharing first.
    /// </summary>
    public static void Enter(SafeFileHandle pidfd)
    {
        if (Libc.unshare((int)Sched.CLONE_FS) != 0)
        {
            throw ErrnoException.FromLastError("unshare", "the thread's root");
        }

        if (Libc.setns((int)pidfd.DangerousGetHandle(), (int)Sched.CLONE_NEWNS) != 0)
        {
            throw ErrnoException.FromLastError("setns", "the container's mounts");
        }
    }

    /// <summary>
    /// Gives the calling thread, for good, a root of its own in the mounts that it has (chroot(2)): no path leads out of it, as long as
    /// nobody else works in that directory.
    /// </summary>
    public static void EnterRoot(string path)
    {
        if (Libc.unshare((int)Sched.CLONE_FS) != 0)
        {
            throw ErrnoException.FromLastError("unshare", "the thread's root");
        }

        if (Libc.chroot(path) != 0 || Libc.chdir("/") != 0)
        {
            throw ErrnoException.FromLastError("chroot", path);
        }
    }
}
