using Hearth.Linux.Abi;

namespace Hearth.Linux.ChildPrograms;

/// <summary>Flags of mount(2).</summary>
[Flags]
public enum MountFlags : ulong
{
    None = 0,
    ReadOnly = Mount.MS_RDONLY,
    NoSetUserId = Mount.MS_NOSUID,
    NoDevices = Mount.MS_NODEV,
    NoExecute = Mount.MS_NOEXEC,
    Synchronous = Mount.MS_SYNCHRONOUS,
    Remount = Mount.MS_REMOUNT,
    NoAccessTime = Mount.MS_NOATIME,
    Bind = Mount.MS_BIND,
    Move = Mount.MS_MOVE,
    Recursive = Mount.MS_REC,
    Private = Mount.MS_PRIVATE,
    RelativeAccessTime = Mount.MS_RELATIME,
    StrictAccessTime = Mount.MS_STRICTATIME,
}
