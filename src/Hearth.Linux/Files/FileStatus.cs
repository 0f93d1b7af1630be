namespace Hearth.Linux.Files;

/// <summary>What statx(2) (4.11) says of a file.</summary>
/// <param name="Mode">Type and permissions (st_mode).</param>
/// <param name="User">uid.</param>
/// <param name="Group">gid.</param>
/// <param name="Links">Hard links.</param>
/// <param name="Inode">With the device, the file's identity.</param>
/// <param name="Device">Device that holds the file: major and minor in one number.</param>
/// <param name="SizeBytes">st_size.</param>
/// <param name="AllocatedBytes">What it takes on the disk.</param>
/// <param name="ModifiedSeconds">Unix time.</param>
/// <param name="ModifiedNanoseconds">The rest of it.</param>
/// <param name="DeviceMajor">Of a device file.</param>
/// <param name="DeviceMinor">Of a device file.</param>
public readonly record struct FileStatus(
    int Mode, uint User, uint Group, uint Links, ulong Inode, ulong Device, long SizeBytes, long AllocatedBytes, long ModifiedSeconds, uint ModifiedNanoseconds, uint DeviceMajor, uint DeviceMinor)
{
    private const uint StatxBasic = 0x7ff;
    private const int NoFollow = 0x100;
    private const int BlockBytes = 512;
    private const int TypeMask = 0xf000;

    /// <summary>The type bits of <see cref="Mode"/> (inode(7)).</summary>
    public FileKind Kind => (FileKind)(Mode & TypeMask);

    /// <summary>Permissions, with set-user-id, set-group-id and sticky bits.</summary>
    public int Permissions => Mode & 0xfff;

    /// <summary>False when there is nothing of that name.</summary>
    public static unsafe bool TryRead(string path, bool follow, out FileStatus status)
    {
        // struct statx, include/uapi/linux/stat.h: the offsets below are its own.
        byte* s = stackalloc byte[256];
        if (Libc.statx(Abi.Fcntl.AT_FDCWD, path, follow ? 0 : NoFollow, StatxBasic, s) != 0)
        {
            status = default;
            return false;
        }

        status = new FileStatus(
            *(ushort*)(s + 28), *(uint*)(s + 20), *(uint*)(s + 24), *(uint*)(s + 16), *(ulong*)(s + 32),
            ((ulong)*(uint*)(s + 136) << 32) | *(uint*)(s + 140), *(long*)(s + 40), *(long*)(s + 48) * BlockBytes, *(long*)(s + 112), *(uint*)(s + 120), *(uint*)(s + 128), *(uint*)(s + 132));
        return true;
    }
}
