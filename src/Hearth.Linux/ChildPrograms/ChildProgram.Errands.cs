using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

// Theory of operation
//
// An errand is a child program that becomes no other program: it goes into namespaces, opens descriptors there for its parent, and
// ends. A process of several threads cannot enter a user namespace itself (setns(2), EINVAL), and what is bound to a network
// namespace at birth (a socket, /dev/net/tun, a file of /proc/sys/net) must be opened inside. The child shares the parent's table of
// descriptors (CLONE_FILES), so what it opens the parent has: the step's result is the number. It takes some 60 us.
//
// The child has no exit signal (exit_signal 0): nobody is told of its end, and whoever collects children without being asked for
// this one does not see it (waitid(2), __WALL).

/// <summary>Children that do something elsewhere for their parent.</summary>
public sealed unsafe partial class ChildProgram
{
    private readonly List<int> _opened = [];

    /// <summary>Needs CAP_SYS_ADMIN in it; who made it has that (user_namespaces(7)).</summary>
    public void EnterUserNamespace(SafeFileHandle space) =>
        Add("setns", "a user namespace", Unistd.NR_setns, space.DangerousGetHandle(), (nint)Sched.CLONE_NEWUSER);

    public void EnterNetworkNamespace(SafeFileHandle space) =>
        Add("setns", "a network namespace", Unistd.NR_setns, space.DangerousGetHandle(), (nint)Sched.CLONE_NEWNET);

    /// <summary>Opens a file for the parent.</summary>
    /// <param name="path">Absolute; <c>/proc/self</c> is the child's.</param>
    /// <param name="write">For writing, otherwise for reading.</param>
    public void OpenForParent(string path, bool write)
    {
        const int CurrentDirectory = -100; // AT_FDCWD
        _opened.Add(_entries.Count);
        Add("open", path, Unistd.NR_openat, CurrentDirectory, Text(path), (write ? Fcntl.O_RDWR : Fcntl.O_RDONLY) | Fcntl.O_CLOEXEC);
    }

    /// <summary>Makes a socket for the parent; it is of the network namespace that the child is in, for good.</summary>
    public void SocketForParent(int domain, int type, int protocol)
    {
        _opened.Add(_entries.Count);
        Add("socket", $"of family {domain}", Unistd.NR_socket, domain, type | Libc.SOCK_CLOEXEC, protocol);
    }

    /// <summary>Makes the child, has it go through its steps, and collects it.</summary>
    /// <returns>What the steps opened, in order; the caller's.</returns>
    /// <exception cref="ChildProgramException">A step failed; what was opened before it is closed.</exception>
    /// <exception cref="ErrnoException">The child could not be made.</exception>
    public IReadOnlyList<SafeFileHandle> RunErrand(LaunchOptions options)
    {
        Add("exit", "the errand", Unistd.NR_exit, 0);
        LaunchMemory* memory = Lay(options, spareEntries: 0);
        memory->Arguments.flags |= Sched.CLONE_FILES;
        memory->Arguments.exit_signal = 0;
        long pid = CloneIn(options.PidNamespace, &memory->Block);
        GC.KeepAlive(options);
        if (pid > 0)
        {
            Collect((int)pid);
        }

        List<SafeFileHandle> opened = [];
        foreach (int step in _opened.Where(step => pid > 0 && (memory->Block.FailedIndex < 0 || step < memory->Block.FailedIndex)))
        {
            opened.Add(new SafeFileHandle((nint)memory->Block.Entries[step].Result, ownsHandle: true));
        }

        try
        {
            ThrowIfFailed(memory, pid);
            _ = Libc.close(memory->ProcessDescriptor);
            return opened;
        }
        catch
        {
            opened.ForEach(static handle => handle.Dispose());
            throw;
        }
    }

    private static void Collect(int pid)
    {
        Signals.siginfo_child info;
        while (Libc.waitid(Signals.P_PID, (uint)pid, &info, Signals.WEXITED | Signals.__WALL) != 0
            && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Errno.EINTR)
        {
        }
    }
}
