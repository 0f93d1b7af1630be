using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux;

/// <summary>Imports for serving files to a guest: names are bytes, ended by a zero, and belong to a directory's descriptor.</summary>
internal static unsafe partial class Libc
{
    // int openat(int dirfd, const char *path, int flags, mode_t mode);
    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    internal static partial int open_at(int dirfd, byte* path, int flags, uint mode);

    // int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *buffer);
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int stat_at(int dirfd, byte* path, int flags, uint mask, Statx.statx* buffer);

    // ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size);
    [LibraryImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    internal static partial nint readlink_at(int dirfd, byte* path, byte* buffer, nint size);

    // int mkdirat(int dirfd, const char *path, mode_t mode);
    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    internal static partial int mkdir_at(int dirfd, byte* path, uint mode);

    // int mknodat(int dirfd, const char *path, mode_t mode, dev_t dev);
    [LibraryImport("libc", EntryPoint = "mknodat", SetLastError = true)]
    internal static partial int mknod_at(int dirfd, byte* path, uint mode, ulong device);

    // int symlinkat(const char *target, int newdirfd, const char *linkpath);
    [LibraryImport("libc", EntryPoint = "symlinkat", SetLastError = true)]
    internal static partial int symlink_at(byte* target, int dirfd, byte* path);

    // int linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int flags);
    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    internal static partial int link_at(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, int flags);

    // int unlinkat(int dirfd, const char *path, int flags);
    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    internal static partial int unlink_at(int dirfd, byte* path, int flags);

    // int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags);
    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true)]
    internal static partial int rename_at(int olddirfd, byte* oldpath, int newdirfd, byte* newpath, uint flags);

    // int fchmodat(int dirfd, const char *path, mode_t mode, int flags);
    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true)]
    internal static partial int chmod_at(int dirfd, byte* path, uint mode, int flags);

    // int fchownat(int dirfd, const char *path, uid_t owner, gid_t group, int flags);
    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true)]
    internal static partial int chown_at(int dirfd, byte* path, uint owner, uint group, int flags);

    // int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags);
    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    internal static partial int set_times_at(int dirfd, byte* path, long* times, int flags);

    // int truncate(const char *path, off_t length);
    [LibraryImport("libc", EntryPoint = "truncate", SetLastError = true)]
    internal static partial int truncate_path(byte* path, long length);

    // int ftruncate(int fd, off_t length);
    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int truncate_file(int fd, long length);

    // ssize_t pread(int fd, void *buf, size_t count, off_t offset);
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint read_at(int fd, byte* buffer, nint count, long offset);

    // ssize_t pwritev2(int fd, const struct iovec *iov, int iovcnt, off_t offset, int flags);
    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    internal static partial nint write_at(int fd, SocketMessages.iovec* parts, int count, long offset, int flags);

    // int fallocate(int fd, int mode, off_t offset, off_t len);
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int allocate(int fd, int mode, long offset, long length);

    // int fsync(int fd);
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int sync_file(int fd);

    // int fdatasync(int fd);
    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int sync_data(int fd);

    // int syncfs(int fd);
    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int sync_file_system(int fd);

    // ssize_t copy_file_range(int fd_in, off_t *off_in, int fd_out, off_t *off_out, size_t size, unsigned int flags);
    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    internal static partial nint copy_range(int source, long* sourceOffset, int target, long* targetOffset, nuint size, uint flags);

    // ssize_t getdents64(int fd, void *dirp, size_t count);
    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    internal static partial nint read_entries(int fd, byte* buffer, nint size);

    // int fstatvfs(int fd, struct statvfs *buf);
    [LibraryImport("libc", EntryPoint = "fstatvfs", SetLastError = true)]
    internal static partial int stat_file_system(int fd, ulong* buffer);

    // int setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
    [LibraryImport("libc", EntryPoint = "setxattr", SetLastError = true)]
    internal static partial int set_attribute(byte* path, byte* name, byte* value, nuint size, int flags);

    // ssize_t getxattr(const char *path, const char *name, void *value, size_t size);
    [LibraryImport("libc", EntryPoint = "getxattr", SetLastError = true)]
    internal static partial nint get_attribute(byte* path, byte* name, byte* value, nuint size);

    // ssize_t listxattr(const char *path, char *list, size_t size);
    [LibraryImport("libc", EntryPoint = "listxattr", SetLastError = true)]
    internal static partial nint list_attributes(byte* path, byte* list, nuint size);

    // int removexattr(const char *path, const char *name);
    [LibraryImport("libc", EntryPoint = "removexattr", SetLastError = true)]
    internal static partial int remove_attribute(byte* path, byte* name);

    // int setfsuid(uid_t fsuid);  of the calling thread
    [LibraryImport("libc")]
    internal static partial int setfsuid(uint user);

    // int setfsgid(gid_t fsgid);  of the calling thread
    [LibraryImport("libc")]
    internal static partial int setfsgid(uint group);

    // mode_t umask(mode_t mask);  of the calling thread once it has unshared CLONE_FS
    [LibraryImport("libc")]
    internal static partial uint umask(uint mask);

    // int fcntl(int fd, int op, struct flock *lock);
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int lock_range(int fd, int op, Fcntl.flock* range);
}
