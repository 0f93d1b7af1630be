using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux;

/// <summary>Imports that the agent needs; names and arguments are libc's.</summary>
internal static partial class Libc
{
    // int open(const char *path, int flags, mode_t mode);
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open_mode(string path, int flags, uint mode);

    // ssize_t read(int fd, void *buf, size_t count);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint read(SafeFileHandle fd, byte* buffer, nint count);

    // ssize_t write(int fd, const void *buf, size_t count);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint write(SafeFileHandle fd, byte* buffer, nint count);

    // int close(int fd);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);

    // int dup2(int oldfd, int newfd);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int dup2(int oldfd, int newfd);

    // int pipe2(int pipefd[2], int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int pipe2(int* pipefd, int flags);

    // int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string? source, string target, string? type, ulong flags, string? data);

    // int umount2(const char *target, int flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int umount2(string target, int flags);

    // int mkdir(const char *path, mode_t mode);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdir(string path, uint mode);

    // int chdir(const char *path);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chdir(string path);

    // int chroot(const char *path);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chroot(string path);

    // int setns(int fd, int nstype);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setns(int fd, int type);

    // int unshare(int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unshare(int flags);

    // int waitid(idtype_t idtype, id_t id, siginfo_t *info, int options);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int waitid(int idtype, uint id, Signals.siginfo_child* info, int options);

    // int pthread_sigmask(int how, const sigset_t *set, sigset_t *old);
    [LibraryImport("libc")]
    internal static unsafe partial int pthread_sigmask(int how, void* set, void* old);

    // int sched_setaffinity(pid_t pid, size_t cpusetsize, const cpu_set_t *mask);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int sched_setaffinity(int thread, nuint size, ulong* mask);

    // int ioctl(int fd, unsigned long request, void *argument);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int ioctl(int fd, ulong request, void* argument);

    // int sethostname(const char *name, size_t length);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int sethostname(byte* name, nuint length);

    // int clock_settime(clockid_t clock, const struct timespec *time);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int clock_settime(int clock, long* timespec);

    // int clock_gettime(clockid_t clock, struct timespec *time);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int clock_gettime(int clock, long* timespec);

    // int reboot(int operation);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int reboot(int operation);

    // void sync(void);
    [LibraryImport("libc")]
    internal static partial void sync();

    // int statx(int directory, const char *path, int flags, unsigned int mask, struct statx *buffer);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* buffer);

    // int mknod(const char *path, mode_t mode, dev_t device);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mknod(string path, uint mode, ulong device);

    // int link(const char *existing, const char *path);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int link(string existing, string path);

    // int symlink(const char *target, const char *path);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int symlink(string target, string path);

    // int lchown(const char *path, uid_t owner, gid_t group);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int lchown(string path, uint owner, uint group);

    // int chmod(const char *path, mode_t mode);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    // int utimensat(int directory, const char *path, const struct timespec times[2], int flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int utimensat(int directory, string path, long* times, int flags);

    // int socket(int domain, int type, int protocol);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socket(int domain, int type, int protocol);

    // int bind(int fd, const struct sockaddr *address, socklen_t length);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int bind(int fd, void* address, int length);

    // int listen(int fd, int backlog);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(int fd, int backlog);

    // int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int fd, nint address, nint length, int flags);

    // int poll(struct pollfd *fds, nfds_t count, int timeout);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int poll(PollEntry* fds, ulong count, int timeoutMilliseconds);

    // long syscall(long number, ...);  for calls that glibc 2.36 does not wrap
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long syscall_move_mount(long number, int from, string fromPath, int to, string toPath, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial long syscall_openat2(long number, int directory, string path, Fcntl.open_how* how, ulong size);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long syscall_open_tree(long number, int directory, string path, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long syscall_finit_module(long number, int fd, string parameters, int flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long syscall_pidfd_open(long number, int pid, uint flags);

    /// <summary>struct pollfd of poll(2).</summary>
    internal struct PollEntry
    {
        internal int fd;
        internal short events;
        internal short revents;
    }
}
