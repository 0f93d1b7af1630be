namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/inotify.h (2.6.27, inotify_init1(2)).</summary>
internal static class Inotify
{
    internal const int IN_CLOEXEC = 0x80000;
    internal const int IN_NONBLOCK = 0x800;
    internal const uint IN_MOVED_TO = 0x80;
    internal const uint IN_CREATE = 0x100;
    internal const uint IN_DELETE_SELF = 0x400;
    internal const uint IN_MOVE_SELF = 0x800;
    internal const uint IN_ONLYDIR = 0x1000000;
}
