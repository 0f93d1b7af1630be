namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/inotify.h (2.6.27, inotify_init1(2)).</summary>
internal static class Inotify
{
    internal const int IN_CLOEXEC = 0x80000;
    internal const int IN_NONBLOCK = 0x800;
    internal const uint IN_MODIFY = 0x2;
    internal const uint IN_ATTRIB = 0x4;
    internal const uint IN_MOVED_FROM = 0x40;
    internal const uint IN_MOVED_TO = 0x80;
    internal const uint IN_CREATE = 0x100;
    internal const uint IN_DELETE = 0x200;
    internal const uint IN_DELETE_SELF = 0x400;
    internal const uint IN_MOVE_SELF = 0x800;
    internal const uint IN_Q_OVERFLOW = 0x4000;
    internal const uint IN_IGNORED = 0x8000;
    internal const uint IN_ONLYDIR = 0x1000000;
    internal const uint IN_EXCL_UNLINK = 0x4000000;

    internal struct inotify_event
    {
        internal int wd;
        internal uint mask;
        internal uint cookie;
        internal uint len;
    }
}
