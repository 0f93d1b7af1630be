using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>
/// Becomes readable when a file was renamed into a directory or made there, or the directory itself was renamed or removed (inotify(7)): what replaces
/// and removes files whole. Writes into a file are not told. .NET's FileSystemWatcher has a thread of its own; this is a descriptor for a poll.
/// </summary>
public sealed class DirectoryWatch : IDisposable
{
    private const uint Events = Inotify.IN_MOVED_TO | Inotify.IN_CREATE | Inotify.IN_MOVE_SELF | Inotify.IN_DELETE_SELF | Inotify.IN_ONLYDIR;

    private DirectoryWatch(SafeFileHandle descriptor) => Descriptor = descriptor;

    /// <summary>Ready to read once something has happened.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <exception cref="ErrnoException">There is no such directory; EMFILE beyond fs.inotify.max_user_instances.</exception>
    public static DirectoryWatch Open(string directory)
    {
        int fd = Libc.inotify_init1(Inotify.IN_CLOEXEC | Inotify.IN_NONBLOCK);
        SafeFileHandle descriptor = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("inotify_init1", directory);
        if (Libc.inotify_add_watch(descriptor, directory, Events) < 0)
        {
            ErrnoException failure = ErrnoException.FromLastError("inotify_add_watch", directory);
            descriptor.Dispose();
            throw failure;
        }

        return new DirectoryWatch(descriptor);
    }

    /// <summary>Forgets what has happened so far: look at the directory after this, not before.</summary>
    public unsafe void Clear()
    {
        const int Bytes = 4096;
        byte* buffer = stackalloc byte[Bytes];

        // SAFETY: the kernel writes no more than Bytes.
        while (Libc.read_bytes((int)Descriptor.DangerousGetHandle(), buffer, Bytes) > 0)
        {
        }
    }

    public void Dispose() => Descriptor.Dispose();
}
