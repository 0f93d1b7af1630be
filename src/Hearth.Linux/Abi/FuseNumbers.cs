namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/fuse.h, protocol 7.38: operations, flags and notifications.</summary>
internal static class FuseNumbers
{
    internal const int FUSE_KERNEL_VERSION = 7;
    internal const int FUSE_ROOT_ID = 1;
    internal const int FUSE_MIN_READ_BUFFER = 8192;

    internal const uint FUSE_LOOKUP = 1;
    internal const uint FUSE_FORGET = 2;
    internal const uint FUSE_GETATTR = 3;
    internal const uint FUSE_SETATTR = 4;
    internal const uint FUSE_READLINK = 5;
    internal const uint FUSE_SYMLINK = 6;
    internal const uint FUSE_MKNOD = 8;
    internal const uint FUSE_MKDIR = 9;
    internal const uint FUSE_UNLINK = 10;
    internal const uint FUSE_RMDIR = 11;
    internal const uint FUSE_RENAME = 12;
    internal const uint FUSE_LINK = 13;
    internal const uint FUSE_OPEN = 14;
    internal const uint FUSE_READ = 15;
    internal const uint FUSE_WRITE = 16;
    internal const uint FUSE_STATFS = 17;
    internal const uint FUSE_RELEASE = 18;
    internal const uint FUSE_FSYNC = 20;
    internal const uint FUSE_SETXATTR = 21;
    internal const uint FUSE_GETXATTR = 22;
    internal const uint FUSE_LISTXATTR = 23;
    internal const uint FUSE_REMOVEXATTR = 24;
    internal const uint FUSE_FLUSH = 25;
    internal const uint FUSE_INIT = 26;
    internal const uint FUSE_OPENDIR = 27;
    internal const uint FUSE_READDIR = 28;
    internal const uint FUSE_RELEASEDIR = 29;
    internal const uint FUSE_FSYNCDIR = 30;
    internal const uint FUSE_GETLK = 31;
    internal const uint FUSE_SETLK = 32;
    internal const uint FUSE_SETLKW = 33;
    internal const uint FUSE_ACCESS = 34;
    internal const uint FUSE_CREATE = 35;
    internal const uint FUSE_INTERRUPT = 36;
    internal const uint FUSE_DESTROY = 38;
    internal const uint FUSE_BATCH_FORGET = 42;
    internal const uint FUSE_FALLOCATE = 43;
    internal const uint FUSE_READDIRPLUS = 44;
    internal const uint FUSE_RENAME2 = 45;
    internal const uint FUSE_LSEEK = 46;
    internal const uint FUSE_COPY_FILE_RANGE = 47;
    internal const uint FUSE_SYNCFS = 50;
    internal const uint FUSE_TMPFILE = 51;

    internal const uint FUSE_ASYNC_READ = 1 << 0;
    internal const uint FUSE_POSIX_LOCKS = 1 << 1;
    internal const uint FUSE_BIG_WRITES = 1 << 5;
    internal const uint FUSE_DONT_MASK = 1 << 6;
    internal const uint FUSE_FLOCK_LOCKS = 1 << 10;
    internal const uint FUSE_DO_READDIRPLUS = 1 << 13;
    internal const uint FUSE_ASYNC_DIO = 1 << 15;
    internal const uint FUSE_NO_OPEN_SUPPORT = 1 << 17;
    internal const uint FUSE_PARALLEL_DIROPS = 1 << 18;
    internal const uint FUSE_POSIX_ACL = 1 << 20;
    internal const uint FUSE_ABORT_ERROR = 1 << 21;
    internal const uint FUSE_MAX_PAGES = 1 << 22;
    internal const uint FUSE_CACHE_SYMLINKS = 1 << 23;
    internal const uint FUSE_NO_OPENDIR_SUPPORT = 1 << 24;
    internal const uint FUSE_EXPLICIT_INVAL_DATA = 1 << 25;
    internal const uint FUSE_HANDLE_KILLPRIV_V2 = 1 << 28;
    internal const uint FUSE_SETXATTR_EXT = 1 << 29;
    internal const uint FUSE_INIT_EXT = 1 << 30;

    internal const uint FATTR_MODE = 1 << 0;
    internal const uint FATTR_UID = 1 << 1;
    internal const uint FATTR_GID = 1 << 2;
    internal const uint FATTR_SIZE = 1 << 3;
    internal const uint FATTR_ATIME = 1 << 4;
    internal const uint FATTR_MTIME = 1 << 5;
    internal const uint FATTR_ATIME_NOW = 1 << 7;
    internal const uint FATTR_MTIME_NOW = 1 << 8;
    internal const uint FATTR_KILL_SUIDGID = 1 << 11;

    internal const uint FUSE_WRITE_CACHE = 1 << 0;
    internal const uint FUSE_WRITE_KILL_SUIDGID = 1 << 2;
    internal const uint FUSE_LK_FLOCK = 1 << 0;
    internal const uint FUSE_FSYNC_FDATASYNC = 1 << 0;
    internal const uint FUSE_SETXATTR_ACL_KILL_SGID = 1 << 0;

    internal const int FUSE_NOTIFY_INVAL_INODE = 2;
    internal const int FUSE_NOTIFY_INVAL_ENTRY = 3;
    internal const int FUSE_NOTIFY_DELETE = 6;

    /// <summary>The number of a clone of a connection's device: an ioctl on a new descriptor of /dev/fuse.</summary>
    internal const uint FUSE_DEV_IOC_CLONE = 0x8004e500;
}
