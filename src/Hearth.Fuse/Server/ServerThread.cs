using Hearth.Linux;
using Hearth.Linux.Abi;
using Hearth.Linux.Processes;

namespace Hearth.Fuse.Server;

// Theory of operation
//
// What is made in a share belongs to whoever made it in the guest, from its first moment. On Linux the ids that decide that
// (setfsuid(2)), the file mode mask and the capabilities are the thread's. A thread that serves has a mask of its own
// (unshare(CLONE_FS)) and keeps its capabilities when its ids change (SECBIT_NO_SETUID_FIXUP, capabilities(7)): whether
// the guest's user may do what he asks is decided by the guest's kernel, which knows all his groups; the host's must not decide it again
// knowing fewer.

/// <summary>A thread that serves requests of guests.</summary>
public static class ServerThread
{
    private const uint Root = 0;

    [ThreadStatic]
    private static bool s_prepared;
    [ThreadStatic]
    private static bool s_mayChange;
    [ThreadStatic]
    private static (uint User, uint Group, uint Mask) s_now;

    /// <summary>Makes this thread one that serves; for good, so it has to be a thread of one's own.</summary>
    /// <exception cref="ErrnoException">The kernel refuses.</exception>
    public static void Prepare()
    {
        if (s_prepared)
        {
            return;
        }

        if (Libc.unshare((int)Sched.CLONE_FS) != 0)
        {
            throw ErrnoException.FromLastError("unshare", "CLONE_FS");
        }

        s_mayChange = ProcessTable.IsRoot;
        if (s_mayChange && Libc.prctl(Prctl.PR_SET_SECUREBITS, Prctl.SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0)
        {
            throw ErrnoException.FromLastError("prctl", "PR_SET_SECUREBITS");
        }

        _ = Libc.umask(0);
        s_now = (Root, Root, 0);
        s_prepared = true;
    }

    /// <summary>What this thread makes from now on belongs to that user and group, with modes less the mask.</summary>
    internal static void Become(uint user, uint group, uint mask)
    {
        if (!s_prepared)
        {
            throw new InvalidOperationException("The thread was not prepared to serve.");
        }

        if (s_mayChange && s_now.Group != group)
        {
            _ = Libc.setfsgid(group);
        }

        if (s_mayChange && s_now.User != user)
        {
            _ = Libc.setfsuid(user);
        }

        if (s_now.Mask != mask)
        {
            _ = Libc.umask(mask);
        }

        s_now = (user, group, mask);
    }
}
