using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>poll(2) on up to three descriptors; hang-up and errors count as ready: the read tells which.</summary>
public readonly record struct Readiness(bool First, bool Second, bool Third)
{
    private const short PollIn = 1;

    /// <param name="first">Null is never ready.</param>
    /// <param name="second">Null is never ready.</param>
    /// <param name="third">Null is never ready.</param>
    /// <param name="wait">Whether to wait until one is.</param>
    public static unsafe Readiness Wait(SafeFileHandle? first, SafeFileHandle? second, SafeFileHandle? third, bool wait)
    {
        Libc.PollEntry* entries = stackalloc Libc.PollEntry[3];
        entries[0] = new() { fd = Number(first), events = PollIn };
        entries[1] = new() { fd = Number(second), events = PollIn };
        entries[2] = new() { fd = Number(third), events = PollIn };
        while (Libc.poll(entries, 3, wait ? -1 : 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw ErrnoException.FromLastError("poll", "descriptors");
            }
        }

        return new Readiness(entries[0].revents != 0, entries[1].revents != 0, entries[2].revents != 0);
    }

    private static int Number(SafeFileHandle? handle) => handle is null ? -1 : (int)handle.DangerousGetHandle();
}
