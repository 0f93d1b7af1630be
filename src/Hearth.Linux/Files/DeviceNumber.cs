namespace Hearth.Linux.Files;

/// <summary>What device a file names.</summary>
public static class DeviceNumber
{
    private const uint StatxBasic = 0x7ff;
    private const int NoFollow = 0x100;
    private const int ModeOffset = 28; // struct statx, stx_mode; include/uapi/linux/stat.h (4.11)
    private const int MajorOffset = 128; // stx_rdev_major
    private const int MinorOffset = 132;
    private const int TypeMask = 0xf000;
    private const int Character = 0x2000;
    private const int Block = 0x6000;

    /// <summary>False for what is not a device, or is not there.</summary>
    public static unsafe bool TryRead(string path, out int mode, out uint major, out uint minor)
    {
        byte* buffer = stackalloc byte[256];
        bool found = Libc.statx(Abi.Fcntl.AT_FDCWD, path, NoFollow, StatxBasic, buffer) == 0;
        mode = found ? *(ushort*)(buffer + ModeOffset) : 0;
        major = found ? *(uint*)(buffer + MajorOffset) : 0;
        minor = found ? *(uint*)(buffer + MinorOffset) : 0;
        return (mode & TypeMask) is Character or Block;
    }
}
