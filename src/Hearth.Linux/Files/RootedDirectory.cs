using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>
/// A directory that is the root of every look-up in it (openat2(2) RESOLVE_IN_ROOT, 5.6): neither "..", nor an absolute
/// symbolic link, nor a /proc link of a hostile tree leads out of it.
/// </summary>
public sealed class RootedDirectory(SafeFileHandle directory) : IDisposable
{
    /// <summary>Look-ups race with a rename elsewhere: EAGAIN, of which this many in a row are taken for an attack.</summary>
    private const int MaxRaces = 64;

    public static RootedDirectory Open(string path) => new(DirectoryHandle.Open(path));

    /// <summary>Null when there is no such file.</summary>
    /// <exception cref="ErrnoException">Any other error.</exception>
    public SafeFileHandle? TryOpenRead(string path) => TryOpen(path, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK);

    /// <summary>Empties a file and opens it for writing; null when there is none. Never makes one.</summary>
    /// <exception cref="ErrnoException">Any other error.</exception>
    public SafeFileHandle? TryOpenWrite(string path) => TryOpen(path, Fcntl.O_WRONLY | Fcntl.O_TRUNC | Fcntl.O_NONBLOCK);

    /// <summary>The file's text, null when there is none; longer files are cut.</summary>
    public string? ReadText(string path, int maximumBytes)
    {
        using SafeFileHandle? file = TryOpenRead(path);
        if (file is null)
        {
            return null;
        }

        byte[] buffer = new byte[4096];
        int length = 0;
        while (length < maximumBytes)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int got = new DescriptorStream(file).TryRead(buffer.AsSpan(length));
            if (got <= 0)
            {
                break;
            }

            length += got;
        }

        return System.Text.Encoding.UTF8.GetString(buffer, 0, Math.Min(length, maximumBytes));
    }

    /// <summary>Whether the path is a directory, following links.</summary>
    public bool IsDirectory(string path)
    {
        try
        {
            using SafeFileHandle? found = TryOpen(path, Fcntl.O_PATH | Fcntl.O_DIRECTORY);
            return found is not null;
        }
        catch (ErrnoException)
        {
            return false;
        }
    }

    public void Dispose() => directory.Dispose();

    private unsafe SafeFileHandle? TryOpen(string path, int flags)
    {
        Fcntl.open_how how = new()
        {
            flags = (ulong)(flags | Fcntl.O_CLOEXEC),
            resolve = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS,
        };
        for (int races = 0; ; races++)
        {
            long fd = Libc.syscall_openat2(Unistd.NR_openat2, (int)directory.DangerousGetHandle(), path, &how, (ulong)sizeof(Fcntl.open_how));
            if (fd >= 0)
            {
                return new SafeFileHandle((nint)fd, ownsHandle: true);
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.ENOENT or Errno.ENOTDIR)
            {
                return null;
            }

            if (errno is not (Errno.EAGAIN or Errno.EINTR) || races >= MaxRaces)
            {
                throw new ErrnoException("openat2", errno, path);
            }
        }
    }
}
