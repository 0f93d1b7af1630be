using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Mounts;

/// <summary>Detached copies of mounts, files or directories (open_tree(2), 5.2).</summary>
public static class MountTree
{
    /// <exception cref="ErrnoException">The path is not there, or the caller may not mount.</exception>
    public static SafeFileHandle Copy(string path)
    {
        long fd = Libc.syscall_open_tree(Unistd.NR_open_tree, Fcntl.AT_FDCWD, path, Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle((nint)fd, ownsHandle: true) : throw ErrnoException.FromLastError("open_tree", path);
    }

    /// <summary>Puts a copy at its place in the calling thread's mounts (move_mount(2), 5.2).</summary>
    /// <exception cref="ErrnoException">There is no such place, or it is a file and the copy a directory, or the other way round.</exception>
    public static void Attach(SafeFileHandle tree, string target)
    {
        if (Libc.syscall_move_mount(Unistd.NR_move_mount, (int)tree.DangerousGetHandle(), "", Fcntl.AT_FDCWD, target, Mount.MOVE_MOUNT_F_EMPTY_PATH) != 0)
        {
            throw ErrnoException.FromLastError("move_mount", target);
        }
    }
}
