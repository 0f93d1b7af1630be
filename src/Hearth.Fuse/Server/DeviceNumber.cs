namespace Hearth.Fuse.Server;

/// <summary>Numbers of devices: FUSE has them in 32 bits (include/linux/kdev_t.h, new_encode_dev), the C library in 64 (makedev(3)).</summary>
internal static class DeviceNumber
{
    public static uint ToKernel(uint major, uint minor) => (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12);

    public static ulong FromKernel(uint device)
    {
        ulong major = (device & 0xfff00) >> 8;
        ulong minor = (device & 0xff) | ((device >> 12) & 0xfff00);
        return (minor & 0xff) | (major << 8) | ((minor & ~0xfful) << 12);
    }
}
