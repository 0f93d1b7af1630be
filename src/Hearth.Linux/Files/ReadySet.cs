using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux.Files;

/// <summary>poll(2) on any number of descriptors, without a bound in time.</summary>
public static class ReadySet
{
    /// <summary>Waits until there is something to read, a hang-up or an error on one of them.</summary>
    /// <param name="handles">Nulls are never ready. The caller keeps them open meanwhile.</param>
    /// <returns>Which are ready, by their places.</returns>
    public static unsafe bool[] Wait(IReadOnlyList<SafeHandle?> handles)
    {
        Libc.PollEntry[] entries = new Libc.PollEntry[handles.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new Libc.PollEntry { fd = handles[i] is { } handle ? (int)handle.DangerousGetHandle() : -1, events = Libc.POLLIN };
        }

        // SAFETY: the array is pinned, and the kernel writes into its entries alone.
        fixed (Libc.PollEntry* first = entries)
        {
            while (Libc.poll(first, (ulong)entries.Length, -1) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Errno.EINTR)
                {
                    throw ErrnoException.FromLastError("poll", "descriptors");
                }
            }
        }

        return Array.ConvertAll(entries, static entry => entry.revents != 0);
    }
}
