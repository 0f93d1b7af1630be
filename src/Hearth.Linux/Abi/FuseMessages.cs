namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/fuse.h, protocol 7.38: what messages consist of. Padding and what is not looked at has no name in C or another.</summary>
internal static class FuseMessages
{
    internal struct fuse_in_header
    {
        internal uint len;
        internal uint opcode;
        internal ulong unique;
        internal ulong nodeid;
        internal uint uid;
        internal uint gid;
        internal uint pid;
        internal ushort total_extlen;
        internal ushort padding;
    }

    internal struct fuse_out_header
    {
        internal uint len;
        internal int error;
        internal ulong unique;
    }

    internal struct fuse_attr
    {
        internal ulong ino;
        internal ulong size;
        internal ulong blocks;
        internal ulong atime;
        internal ulong mtime;
        internal ulong ctime;
        internal uint atimensec;
        internal uint mtimensec;
        internal uint ctimensec;
        internal uint mode;
        internal uint nlink;
        internal uint uid;
        internal uint gid;
        internal uint rdev;
        internal uint blksize;
        internal uint flags;
    }

    internal struct fuse_entry_out
    {
        internal ulong nodeid;
        internal ulong generation;
        internal ulong entry_valid;
        internal ulong attr_valid;
        internal uint entry_valid_nsec;
        internal uint attr_valid_nsec;
        internal fuse_attr attr;
    }

    internal struct fuse_attr_out
    {
        internal ulong attr_valid;
        internal uint attr_valid_nsec;
        internal uint dummy;
        internal fuse_attr attr;
    }

    internal struct fuse_forget_one
    {
        internal ulong nodeid;
        internal ulong nlookup;
    }

    internal struct fuse_batch_forget_in
    {
        internal uint count;
        internal uint dummy;
    }

    internal struct fuse_mknod_in
    {
        internal uint mode;
        internal uint rdev;
        internal uint umask;
        internal uint padding;
    }

    internal struct fuse_mkdir_in
    {
        internal uint mode;
        internal uint umask;
    }

    internal struct fuse_rename2_in
    {
        internal ulong newdir;
        internal uint flags;
        internal uint padding;
    }

    internal struct fuse_setattr_in
    {
        internal uint valid;
        internal uint padding;
        internal ulong fh;
        internal ulong size;
        internal ulong lock_owner;
        internal ulong atime;
        internal ulong mtime;
        internal ulong ctime;
        internal uint atimensec;
        internal uint mtimensec;
        internal uint ctimensec;
        internal uint mode;
        internal uint unused4;
        internal uint uid;
        internal uint gid;
        internal uint unused5;
    }

    internal struct fuse_create_in
    {
        internal uint flags;
        internal uint mode;
        internal uint umask;
        internal uint open_flags;
    }

    internal struct fuse_open_out
    {
        internal ulong fh;
        internal uint open_flags;
        internal uint padding;
    }

    internal struct fuse_flush_in
    {
        internal ulong fh;
        internal uint unused;
        internal uint padding;
        internal ulong lock_owner;
    }

    internal struct fuse_read_in
    {
        internal ulong fh;
        internal ulong offset;
        internal uint size;
        internal uint read_flags;
        internal ulong lock_owner;
        internal uint flags;
        internal uint padding;
    }

    internal struct fuse_write_in
    {
        internal ulong fh;
        internal ulong offset;
        internal uint size;
        internal uint write_flags;
        internal ulong lock_owner;
        internal uint flags;
        internal uint padding;
    }

    internal struct fuse_write_out
    {
        internal uint size;
        internal uint padding;
    }

    internal struct fuse_kstatfs
    {
        internal ulong blocks;
        internal ulong bfree;
        internal ulong bavail;
        internal ulong files;
        internal ulong ffree;
        internal uint bsize;
        internal uint namelen;
        internal uint frsize;
        internal uint padding;
        internal statfs_spare spare;
    }

    /// <summary>uint32_t[6].</summary>
    [System.Runtime.CompilerServices.InlineArray(6)]
    internal struct statfs_spare
    {
        private uint _first;
    }

    internal struct fuse_fsync_in
    {
        internal ulong fh;
        internal uint fsync_flags;
        internal uint padding;
    }

    internal struct fuse_setxattr_in
    {
        internal uint size;
        internal uint flags;
        internal uint setxattr_flags;
        internal uint padding;
    }

    internal struct fuse_getxattr_in
    {
        internal uint size;
        internal uint padding;
    }

    internal struct fuse_file_lock
    {
        internal ulong start;
        internal ulong end;
        internal uint type;
        internal uint pid;
    }

    internal struct fuse_lk_in
    {
        internal ulong fh;
        internal ulong owner;
        internal fuse_file_lock lk;
        internal uint lk_flags;
        internal uint padding;
    }

    internal struct fuse_init_in
    {
        internal uint major;
        internal uint minor;
        internal uint max_readahead;
        internal uint flags;
        internal uint flags2;
        internal init_reserved unused;
    }

    /// <summary>uint32_t[11].</summary>
    [System.Runtime.CompilerServices.InlineArray(11)]
    internal struct init_reserved
    {
        private uint _first;
    }

    internal struct fuse_init_out
    {
        internal uint major;
        internal uint minor;
        internal uint max_readahead;
        internal uint flags;
        internal ushort max_background;
        internal ushort congestion_threshold;
        internal uint max_write;
        internal uint time_gran;
        internal ushort max_pages;
        internal ushort map_alignment;
        internal uint flags2;
        internal init_unused unused;
    }

    /// <summary>uint32_t[7].</summary>
    [System.Runtime.CompilerServices.InlineArray(7)]
    internal struct init_unused
    {
        private uint _first;
    }

    internal struct fuse_fallocate_in
    {
        internal ulong fh;
        internal ulong offset;
        internal ulong length;
        internal uint mode;
        internal uint padding;
    }

    internal struct fuse_dirent
    {
        internal ulong ino;
        internal ulong off;
        internal uint namelen;
        internal uint type;
    }

    internal struct fuse_notify_inval_inode_out
    {
        internal ulong ino;
        internal long off;
        internal long len;
    }

    internal struct fuse_notify_inval_entry_out
    {
        internal ulong parent;
        internal uint namelen;
        internal uint flags;
    }

    internal struct fuse_lseek_in
    {
        internal ulong fh;
        internal ulong offset;
        internal uint whence;
        internal uint padding;
    }

    internal struct fuse_copy_file_range_in
    {
        internal ulong fh_in;
        internal ulong off_in;
        internal ulong nodeid_out;
        internal ulong fh_out;
        internal ulong off_out;
        internal ulong len;
        internal ulong flags;
    }
}
