using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux;

/// <summary>Imports that the host side needs; names and arguments are libc's.</summary>
internal static partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int F_DUPFD = 0;
    internal const int F_SETFD = 2;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int FD_CLOEXEC = 1;
    internal const int PROT_READ = 1;
    internal const int PROT_WRITE = 2;
    internal const int PROT_EXEC = 4;
    internal const int MAP_PRIVATE = 2;
    internal const int MAP_ANONYMOUS = 0x20;
    internal const int MAP_POPULATE = 0x8000;

    // int socketpair(int domain, int type, int protocol, int sv[2]);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int socketpair(int domain, int type, int protocol, int* sv);

    // int fcntl(int fd, int op, int arg);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int fd, int op, int arg);

    // int kill(pid_t pid, int sig);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int sig);

    // pid_t setsid(void);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsid();

    // uid_t geteuid(void);
    [LibraryImport("libc")]
    internal static partial uint geteuid();

    // gid_t getegid(void);
    [LibraryImport("libc")]
    internal static partial uint getegid();

    // int chown(const char *path, uid_t owner, gid_t group);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chown(string path, uint owner, uint group);

    // int open(const char *path, int flags, ...);
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open_path(string path, int flags);

    // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint map_memory(nint addr, nuint length, int prot, int flags, int fd, long offset);

    // int mprotect(void *addr, size_t size, int prot);
    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int protect_memory(nint addr, nuint size, int prot);

    // int munmap(void *addr, size_t length);
    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int unmap_memory(nint addr, nuint length);

    // int prctl(int op, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prctl(int op, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    // ssize_t process_vm_readv(pid_t pid, const struct iovec *local_iov, unsigned long liovcnt, const struct iovec *remote_iov, unsigned long riovcnt, unsigned long flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint process_vm_readv(
        int pid, SocketMessages.iovec* local_iov, nuint liovcnt, SocketMessages.iovec* remote_iov, nuint riovcnt, nuint flags);

    // int clock_getcpuclockid(pid_t process, clockid_t *clock);
    [LibraryImport("libc")]
    internal static unsafe partial int clock_getcpuclockid(int process, int* clock);
}
