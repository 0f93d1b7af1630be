using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>Open directories, to name what is in them by a short path.</summary>
public static class DirectoryHandle
{
    private const int PathOnly = 0x200000;
    private const int DirectoryOnly = 0x10000;
    private const int CloseOnExec = 0x80000;

    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    public static SafeFileHandle Open(string path)
    {
        int fd = Libc.open_path(path, PathOnly | DirectoryOnly | CloseOnExec);
        return fd >= 0
            ? new SafeFileHandle(fd, ownsHandle: true)
            : throw new DirectoryNotFoundException($"{path} is not a directory that can be opened.", ErrnoException.FromLastError("open", path));
    }
}
