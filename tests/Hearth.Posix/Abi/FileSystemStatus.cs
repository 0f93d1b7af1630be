using System.Runtime.InteropServices;

namespace Hearth.Posix.Abi;

/// <summary><c>struct statfs</c> of x86-64, 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileSystemStatus
{
    public long Type, BlockSize;
    public ulong Blocks, FreeBlocks, AvailableBlocks, Files, FreeFiles, Identity;
    public long NameLength, FragmentSize, Flags;
    private readonly long _spare0, _spare1, _spare2, _spare3;
}
