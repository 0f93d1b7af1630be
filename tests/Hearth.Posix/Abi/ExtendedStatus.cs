using System.Runtime.InteropServices;

namespace Hearth.Posix.Abi;

/// <summary><c>struct statx</c> (include/uapi/linux/stat.h), 256 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct ExtendedStatus
{
    public uint Mask, BlockSize;
    public ulong Attributes;
    public uint Links, UserId, GroupId;
    public ushort Mode, Padding;
    public ulong Inode, Size, Blocks, AttributesMask;
    public ExtendedTimestamp Accessed, Born, Changed, Modified;
    public uint NodeMajor, NodeMinor, DeviceMajor, DeviceMinor;
    public ulong MountId;
}
