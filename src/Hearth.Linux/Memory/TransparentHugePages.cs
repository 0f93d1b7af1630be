using Hearth.Linux.Abi;

namespace Hearth.Linux.Memory;

/// <summary>Huge pages that the kernel gives unasked, or because a program asked by madvise(2) (admin-guide/mm/transhuge.rst).</summary>
public static class TransparentHugePages
{
    /// <summary>
    /// Starts something that gets none for all its life: the setting is a process's, inherited by what it starts (prctl(2),
    /// PR_SET_THP_DISABLE). Other children that start meanwhile get it too, which costs them nothing that they notice.
    /// </summary>
    /// <remarks>Preconditions: no other such start is under way.</remarks>
    public static T StartWithout<T>(Func<T> start)
    {
        // Refused by no kernel since 3.15; without it the child has more memory than it needs.
        _ = Libc.prctl(Prctl.PR_SET_THP_DISABLE, 1, 0, 0, 0);
        try
        {
            return start();
        }
        finally
        {
            _ = Libc.prctl(Prctl.PR_SET_THP_DISABLE, 0, 0, 0, 0);
        }
    }
}
