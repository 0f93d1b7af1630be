using Hearth.Core.Specs;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Processes;

/// <summary>Ends processes that are nobody's children here.</summary>
public static class OrphanedProcess
{
    /// <summary>Waits until a process that is on its way out has closed all that it had open, no longer than the bound.</summary>
    public static void AwaitEnd(int pid, TimeSpan bound) => AwaitEnd(pid, bound, kill: false);

    /// <summary>Sends SIGKILL and waits for the end by the process's descriptor (pidfd_open(2)), no longer than the bound.</summary>
    public static void End(int pid, TimeSpan bound) => AwaitEnd(pid, bound, kill: true);

    /// <summary>As above, for exactly this process; nothing happens when it is gone.</summary>
    public static void End(ProcessIdentity process, TimeSpan bound)
    {
        if (ProcessTable.StartOf(process.Pid) == process.StartTicks)
        {
            AwaitEnd(process.Pid, bound, kill: true);
        }
    }

    private static void AwaitEnd(int pid, TimeSpan bound, bool kill)
    {
        try
        {
            using SafeFileHandle process = Descriptors.Process(pid);
            if (kill)
            {
                _ = Libc.kill(pid, 9);
            }

            Libc.pollfd end = new() { fd = (int)process.DangerousGetHandle(), events = Libc.POLLIN };
            _ = Libc.poll_one(ref end, 1, (int)bound.TotalMilliseconds);
        }
        catch (ErrnoException)
        {
            // It is gone.
        }
    }
}
