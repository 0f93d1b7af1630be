using System.Runtime.InteropServices;
using Hearth.Core.Errors;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Files;

/// <summary>
/// A lock between processes (flock(2)) on a file that exists for nothing else. The kernel releases it when its holder dies in
/// any way. The file stays: removing a lock file races with whoever has just opened it.
/// </summary>
/// <remarks>
/// File.Open with a FileShare is not used: it takes a lock of its own at once and fails instead of waiting.
/// </remarks>
public sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock when it is free; null when somebody holds it.</summary>
    /// <exception cref="HearthException"><c>lock.failed</c>: the file cannot be made or locked.</exception>
    public static FileLock? TryAcquire(string path, FileLockMode mode = FileLockMode.Exclusive) => TryTake(Open(path), mode, path);

    /// <summary>As <see cref="TryAcquire"/>, where the directory is not to be made: null also when there is none (any more).</summary>
    /// <exception cref="HearthException"><c>lock.failed</c>: the file cannot be made or locked.</exception>
    public static FileLock? TryAcquireWithin(string path) => TryOpen(path, Libc.LockFileFlags) is { } file ? TryTake(file, FileLockMode.Exclusive, path)
        : Marshal.GetLastPInvokeError() is Errno.ENOENT ? null : throw Failed("open", path);

    /// <summary>As <see cref="TryAcquire"/>, for a file that says something by being there: null also when it is not.</summary>
    /// <exception cref="HearthException"><c>lock.failed</c>: the file cannot be opened or locked.</exception>
    public static FileLock? TryAcquireExisting(string path, FileLockMode mode = FileLockMode.Exclusive) => TryOpen(path, Libc.LockFileFlags & ~Fcntl.O_CREAT) is { } file ? TryTake(file, mode, path)
        : Marshal.GetLastPInvokeError() is Errno.ENOENT ? null : throw Failed("open", path);

    /// <summary>
    /// Waits for the lock in the kernel, on a thread of its own. A cancelled wait returns at once; its thread stays blocked
    /// until the holder lets go (no call interrupts flock(2) safely), gives the lock back, and never keeps the process alive.
    /// </summary>
    /// <exception cref="HearthException"><c>lock.failed</c>: the file cannot be made or locked.</exception>
    public static async Task<FileLock> AcquireAsync(string path, FileLockMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TryAcquire(path, mode) is { } free)
        {
            return free;
        }

        SafeFileHandle file = Open(path);
        var taken = new TaskCompletionSource<FileLock>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiter = new Thread(() => Wait(file, mode, path, taken), maxStackSize: 64 << 10)
        {
            IsBackground = true,
            Name = "hearth: lock",
        };
        waiter.Start();
        using CancellationTokenRegistration cancelled = cancellationToken.Register(() => taken.TrySetCanceled(cancellationToken));
        return await taken.Task;
    }

    public static Task<FileLock> AcquireAsync(string path, CancellationToken cancellationToken) =>
        AcquireAsync(path, FileLockMode.Exclusive, cancellationToken);

    /// <summary>
    /// Releases the lock. Closing is not enough: a child that this process makes has a copy of the descriptor until it executes its program
    /// (O_CLOEXEC), and the lock belongs to what both describe. LOCK_UN takes it from both (flock(2)).
    /// </summary>
    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            _ = Libc.flock((int)_file.DangerousGetHandle(), Libc.LOCK_UN);
        }

        _file.Dispose();
    }

    private static void Wait(SafeFileHandle file, FileLockMode mode, string path, TaskCompletionSource<FileLock> taken)
    {
        try
        {
            Take(file, Operation(mode), path);
            if (!taken.TrySetResult(new FileLock(file)))
            {
                file.Dispose();
            }
        }
        catch (HearthException e)
        {
            file.Dispose();
            taken.TrySetException(e);
        }
    }

    private static int Operation(FileLockMode mode) => mode == FileLockMode.Shared ? Libc.LOCK_SH : Libc.LOCK_EX;

    private static SafeFileHandle Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return TryOpen(path, Libc.LockFileFlags) ?? throw Failed("open", path);
    }

    /// <summary>Null with the call's errno.</summary>
    private static SafeFileHandle? TryOpen(string path, int flags)
    {
        int fd;
        do
        {
            fd = Libc.open_lock_file(path, flags, 0x180 /* 0600 */);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);

        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
    }

    private static FileLock? TryTake(SafeFileHandle file, FileLockMode mode, string path)
    {
        if (Take(file, Operation(mode) | Libc.LOCK_NB, path))
        {
            return new FileLock(file);
        }

        file.Dispose();
        return null;
    }

    private static bool Take(SafeFileHandle file, int operation, string path)
    {
        bool referenced = false;
        try
        {
            file.DangerousAddRef(ref referenced);
            while (Libc.flock((int)file.DangerousGetHandle(), operation) != 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Libc.EINTR:
                        continue;
                    case Libc.EWOULDBLOCK when (operation & Libc.LOCK_NB) != 0:
                        return false;
                    default:
                        throw Failed("lock", path);
                }
            }

            return true;
        }
        finally
        {
            if (referenced)
            {
                file.DangerousRelease();
            }
        }
    }

    private static HearthException Failed(string verb, string path) => new(
        "lock.failed",
        $"Cannot {verb} '{path}': {Marshal.GetLastPInvokeErrorMessage()}.",
        "Check that HEARTH_HOME is writable for you and on a file system with locks.");
}
