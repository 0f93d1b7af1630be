using Hearth.Linux.Abi;

namespace Hearth.Linux.ChildPrograms;

/// <summary>Errors of a step that do not stop a child program; each is the bit of its errno.</summary>
[Flags]
public enum Tolerate : ulong
{
    None = 0,
    NotPermitted = 1UL << Errno.EPERM,
    Missing = 1UL << Errno.ENOENT,
    Denied = 1UL << Errno.EACCES,
    Busy = 1UL << Errno.EBUSY,
    Exists = 1UL << Errno.EEXIST,
    NotDirectory = 1UL << Errno.ENOTDIR,
    Invalid = 1UL << Errno.EINVAL,
    ReadOnly = 1UL << Errno.EROFS,
    Loop = 1UL << Errno.ELOOP,
    NoDevice = 1UL << 19,
    Anything = ulong.MaxValue,
}
