using System.Runtime.InteropServices;

namespace Hearth.Posix.Abi;

/// <summary><c>struct stat</c> of x86-64 (arch/x86/include/uapi/asm/stat.h), 144 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileStatus
{
    public ulong Device, Inode, Links;
    public uint RawMode, UserId, GroupId, Padding;
    public ulong NodeDevice;
    public long Size, BlockSize, Blocks;
    public Timestamp Accessed, Modified, Changed;
    private readonly long _reserved0, _reserved1, _reserved2;

    /// <summary>Permission bits with set-user-ID, set-group-ID and sticky.</summary>
    public readonly uint Mode => RawMode & 0xFFF;

    public readonly uint Type => RawMode & Flags.S_IFMT;
}
