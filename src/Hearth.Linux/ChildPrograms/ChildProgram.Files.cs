using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.ChildPrograms;

/// <summary>Steps on files, mounts and descriptors.</summary>
public sealed unsafe partial class ChildProgram
{
    /// <summary>The descriptor that <see cref="OpenAsZero"/> leaves open.</summary>
    private const int Zero = 0;

    public void Mount(string? source, string target, string? type, MountFlags flags, string? data = null, Tolerate tolerate = Tolerate.None) =>
        Add("mount", type is null ? target : $"{type} on {target}", Unistd.NR_mount, Text(source), Text(target), Text(type), (nint)(ulong)flags, Text(data), tolerate);

    /// <summary>Attaches a mount that the parent made with <see cref="Mounts.MountTree.Copy"/>. It can come from outside of the child's root.</summary>
    public void Attach(SafeFileHandle tree, string target, Tolerate tolerate = Tolerate.None) =>
        Add("move_mount", target, Unistd.NR_move_mount, tree.DangerousGetHandle(), Text(""), Fcntl.AT_FDCWD, Text(target), (nint)Abi.Mount.MOVE_MOUNT_F_EMPTY_PATH, tolerate);

    /// <summary>Makes the directory the root of the child's mount namespace and forgets the old one (pivot_root(2), "pivot_root(&quot;.&quot;, &quot;.&quot;)").</summary>
    public void PivotRoot(string directory)
    {
        ChangeDirectory(directory);
        Add("pivot_root", directory, Unistd.NR_pivot_root, Text("."), Text("."));
        Add("umount2", "the old root", Unistd.NR_umount2, Text("."), Abi.Mount.MNT_DETACH);
        ChangeDirectory("/");
    }

    public void ChangeDirectory(string path) => Add("chdir", path, Unistd.NR_chdir, Text(path));

    public void MakeDirectory(string path, int mode = 0x1ed, Tolerate tolerate = Tolerate.Exists) =>
        Add("mkdir", path, Unistd.NR_mkdir, Text(path), mode, tolerate: tolerate);

    /// <summary>Every missing directory of an absolute path; what is there already, or cannot be made, is left for the next step to judge.</summary>
    public void MakePath(string path)
    {
        for (int slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            MakeDirectory(path[..slash], tolerate: Tolerate.Anything);
        }

        if (path.Length > 1 && path[^1] != '/')
        {
            MakeDirectory(path, tolerate: Tolerate.Anything);
        }
    }

    public void MakeDevice(string path, int mode, uint major, uint minor) =>
        Add("mknod", path, Unistd.NR_mknod, Text(path), mode, (nint)((minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12)), tolerate: Tolerate.Exists);

    public void MakeLink(string path, string target) =>
        Add("symlink", path, Unistd.NR_symlink, Text(target), Text(path), tolerate: Tolerate.Exists);

    /// <summary>Makes an empty file when there is none.</summary>
    public void Touch(string path)
    {
        Add("open", path, Unistd.NR_openat, Fcntl.AT_FDCWD, Text(path), Fcntl.O_RDONLY | Fcntl.O_CREAT | Fcntl.O_CLOEXEC, 0x1a4, tolerate: Tolerate.Anything);
    }

    /// <summary>Opens a file as descriptor 0: the lowest number that is free (open(2)).</summary>
    public void OpenAsZero(string path, bool write)
    {
        Add("close", "0", Unistd.NR_close, Zero, tolerate: Tolerate.Anything);
        Add("open", path, Unistd.NR_openat, Fcntl.AT_FDCWD, Text(path), write ? Fcntl.O_RDWR : Fcntl.O_RDONLY);
    }

    /// <summary>Writes a file under /proc or /sys; descriptor 0 is lost.</summary>
    public void WriteFile(string path, string text, Tolerate tolerate = Tolerate.None)
    {
        OpenAsZero(path, write: true);
        Add("write", path, Unistd.NR_write, Zero, Text(text), text.Length, tolerate: tolerate);
    }

    public void Duplicate(int from, int to) => Add("dup2", $"{from} to {to}", Unistd.NR_dup2, from, to);

    /// <summary>Every descriptor above standard error is closed when the program starts, whatever opened it.</summary>
    public void CloseOthersOnExec() => Add("close_range", "3", Unistd.NR_close_range, 3, unchecked((nint)uint.MaxValue), (nint)Fcntl.CLOSE_RANGE_CLOEXEC);

    /// <summary>Gives an open descriptor to a user, as runtimes do for a terminal.</summary>
    public void ChangeOwner(int descriptor, uint user) =>
        Add("fchown", $"descriptor {descriptor}", Unistd.NR_fchown, descriptor, (nint)user, -1, tolerate: Tolerate.Anything);

    public void SetFileModeMask(int mask) => Add("umask", "the mask", Unistd.NR_umask, mask);
}
