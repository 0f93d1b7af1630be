using Hearth.Linux.Abi;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Mounts;

/// <summary>mount(2) and umount(2) for the caller's own namespace.</summary>
public static class FileSystems
{
    /// <exception cref="ErrnoException">mount(2) says why.</exception>
    public static void Mount(string? source, string target, string? type, MountFlags flags, string? data = null)
    {
        if (Libc.mount(source, target, type, (ulong)flags, data) != 0)
        {
            throw ErrnoException.FromLastError("mount", type is null ? target : $"{type} on {target}");
        }
    }

    public static void MakeDirectory(string path, uint mode = 0x1ed)
    {
        if (Libc.mkdir(path, mode) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Abi.Errno.EEXIST)
        {
            throw ErrnoException.FromLastError("mkdir", path);
        }
    }

    /// <summary>
    /// Puts a bind mount over the root of the initial RAM file system and moves into it: pivot_root(2) refuses to work
    /// from the very first mount, which has no parent.
    /// </summary>
    public static void StackRoot(string through)
    {
        Mount("/", through, null, MountFlags.Bind);
        if (Libc.chdir(through) != 0)
        {
            throw ErrnoException.FromLastError("chdir", through);
        }

        Mount(".", "/", null, MountFlags.Move);
        if (Libc.chroot(".") != 0 || Libc.chdir("/") != 0)
        {
            throw ErrnoException.FromLastError("chroot", "/");
        }
    }

    /// <summary>Writes everything out and makes a file system read-only, so that its journal is clean; errors are for the caller to judge.</summary>
    public static bool TryRemountReadOnly(string target) =>
        Libc.mount(null, target, null, (ulong)(MountFlags.Remount | MountFlags.ReadOnly), null) == 0;

    public static bool TryDetach(string target) => Libc.umount2(target, Abi.Mount.MNT_DETACH) == 0;

    public static bool TryUnmount(string target) => Libc.umount2(target, 0) == 0;

    public static void Sync() => Libc.sync();

    /// <summary>Writes a file system out and holds whoever writes to it, or lets them go on (ioctl_fsfreeze; FIFREEZE, FITHAW).</summary>
    public static void Freeze(string target, bool frozen)
    {
        using SafeFileHandle directory = Descriptors.OpenRead(target);
        if (Libc.ioctl_number((int)directory.DangerousGetHandle(), frozen ? Ioctls.FIFREEZE : Ioctls.FITHAW, 0) != 0)
        {
            throw ErrnoException.FromLastError("ioctl", target);
        }
    }
}
