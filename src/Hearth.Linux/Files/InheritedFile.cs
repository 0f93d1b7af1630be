using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>An open file that children started from now on inherit under <see cref="Fd"/>; close it as soon as the child runs.</summary>
public sealed class InheritedFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private InheritedFile(SafeFileHandle handle) => _handle = handle;

    public int Fd => (int)_handle.DangerousGetHandle();

    public static InheritedFile Open(string path, FileMode mode, FileAccess access)
    {
        SafeFileHandle handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite);
        if (Libc.fcntl((int)handle.DangerousGetHandle(), Libc.F_SETFD, 0) != 0)
        {
            throw ErrnoException.FromLastError("fcntl", path);
        }

        return new InheritedFile(handle);
    }

    /// <summary>Another descriptor of what is open already.</summary>
    public static InheritedFile Copy(SafeFileHandle open)
    {
        bool held = false;
        try
        {
            open.DangerousAddRef(ref held);
            int copy = Libc.fcntl((int)open.DangerousGetHandle(), Libc.F_DUPFD, 0);
            return copy >= 0 ? new InheritedFile(new SafeFileHandle(copy, ownsHandle: true)) : throw ErrnoException.FromLastError("fcntl", "an open file");
        }
        finally
        {
            if (held)
            {
                open.DangerousRelease();
            }
        }
    }

    public void Dispose() => _handle.Dispose();
}
