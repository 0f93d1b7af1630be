using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>Makes descriptors; every one is closed on exec.</summary>
public static class Descriptors
{
    public static SafeFileHandle OpenRead(string path) => Open(path, Fcntl.O_RDONLY);

    public static SafeFileHandle OpenReadWrite(string path) => Open(path, Fcntl.O_RDWR | Fcntl.O_NOCTTY);

    /// <summary>
    /// Opens a file, made for its owner alone when it is missing, for writes that go to its end whoever else writes (O_APPEND).
    /// FileMode.Append is not that: .NET remembers where the end was.
    /// </summary>
    public static SafeFileHandle OpenAppend(string path)
    {
        int fd = Libc.open_mode(path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_APPEND | Fcntl.O_CLOEXEC, 0b110_000_000);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", path);
    }

    /// <summary>Makes a file that everybody may read, or empties the one that is there, for writing.</summary>
    public static SafeFileHandle Create(string path)
    {
        int fd = Libc.open_mode(path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_CLOEXEC, 0b110_100_100);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", path);
    }

    public static unsafe (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        int* ends = stackalloc int[2];
        return Libc.pipe2(ends, Fcntl.O_CLOEXEC) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw ErrnoException.FromLastError("pipe2", "a pipe");
    }

    /// <summary>A descriptor that names a process for good (pidfd_open(2), 5.3).</summary>
    public static SafeFileHandle Process(int pid)
    {
        long fd = Libc.syscall_pidfd_open(Unistd.NR_pidfd_open, pid, 0);
        return fd >= 0 ? new SafeFileHandle((nint)fd, ownsHandle: true) : throw ErrnoException.FromLastError("pidfd_open", $"process {pid}");
    }

    /// <summary>Reads return at once from now on.</summary>
    public static void SetNonBlocking(SafeFileHandle handle)
    {
        int fd = (int)handle.DangerousGetHandle();
        if (Libc.fcntl(fd, Fcntl.F_SETFL, Libc.fcntl(fd, Fcntl.F_GETFL, 0) | Fcntl.O_NONBLOCK) != 0)
        {
            throw ErrnoException.FromLastError("fcntl", "a descriptor");
        }
    }

    /// <summary>Makes a pipe hold so many bytes (F_SETPIPE_SZ, 2.6.35); the kernel rounds up to a power of two of pages.</summary>
    /// <exception cref="ErrnoException">EPERM beyond /proc/sys/fs/pipe-max-size without CAP_SYS_RESOURCE; ENOMEM.</exception>
    public static void SetPipeSize(SafeFileHandle pipe, int bytes)
    {
        if (Libc.fcntl((int)pipe.DangerousGetHandle(), Fcntl.F_SETPIPE_SZ, bytes) < bytes)
        {
            throw ErrnoException.FromLastError("fcntl", "a pipe");
        }
    }

    /// <summary>Opens the null device as standard input, output and error where they are closed, so that no other file gets their numbers.</summary>
    public static void ReserveStandard(string nullDevice)
    {
        int fd = Libc.open_path(nullDevice, Fcntl.O_RDWR);
        for (int standard = 0; fd >= 0 && standard <= 2; standard++)
        {
            if (fd != standard && Libc.dup2(fd, standard) < 0)
            {
                throw ErrnoException.FromLastError("dup2", nullDevice);
            }
        }

        if (fd > 2)
        {
            _ = Libc.close(fd);
        }
    }

    /// <summary>Closes what this process inherited besides its standard streams. To be called at its start: what it opened itself is closed on exec, and known by that.</summary>
    /// <param name="kept">An inherited descriptor that is to stay.</param>
    public static void CloseInherited(int kept)
    {
        foreach (string name in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            int fd = int.Parse(Path.GetFileName(name.AsSpan()), System.Globalization.CultureInfo.InvariantCulture);
            if (fd > 2 && fd != kept && Libc.fcntl(fd, Fcntl.F_GETFD, 0) == 0)
            {
                _ = Libc.close(fd);
            }
        }
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        int fd = Libc.open_path(path, flags | Fcntl.O_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", path);
    }
}
