namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/stat.h: statx(2) (4.11).</summary>
internal static class Statx
{
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const uint STATX_BTIME = 0x800;

    internal struct statx_timestamp
    {
        internal long tv_sec;
        internal uint tv_nsec;
        internal int reserved;
    }

    internal struct statx
    {
        internal uint stx_mask;
        internal uint stx_blksize;
        internal ulong stx_attributes;
        internal uint stx_nlink;
        internal uint stx_uid;
        internal uint stx_gid;
        internal ushort stx_mode;
        internal ushort pad;
        internal ulong stx_ino;
        internal ulong stx_size;
        internal ulong stx_blocks;
        internal ulong stx_attributes_mask;
        internal statx_timestamp stx_atime;
        internal statx_timestamp stx_btime;
        internal statx_timestamp stx_ctime;
        internal statx_timestamp stx_mtime;
        internal uint stx_rdev_major;
        internal uint stx_rdev_minor;
        internal uint stx_dev_major;
        internal uint stx_dev_minor;
        internal statx_rest rest;
    }

    /// <summary>Mount id and what newer kernels tell.</summary>
    [System.Runtime.CompilerServices.InlineArray(14)]
    internal struct statx_rest
    {
        private ulong _first;
    }
}
