using System.Runtime.CompilerServices;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Linux;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Server;

/// <content>What is known of a file: status, times, owners, extended attributes.</content>
public sealed unsafe partial class FuseServer
{
    private const uint SetUserId = 0x800;
    private const uint SetGroupId = 0x400;
    private const uint GroupExecute = 0x8;
    private const uint PermissionMask = 0xfff;
    private const uint Unchanged = uint.MaxValue;
    private const int MaxListBytes = 64 << 10; // XATTR_LIST_MAX
    private const long Now = 0x3fffffff; // UTIME_NOW
    private const long Omit = 0x3ffffffe; // UTIME_OMIT

    /// <param name="isOwn">The guest has just changed it.</param>
    private int GetAttributes(Node node, ref FuseReply reply, bool isOwn)
    {
        int error = node.Stat(out Statx.statx status);
        if (error == 0)
        {
            if (isOwn)
            {
                _ = node.Learn(status);
            }
            else
            {
                _ = Compare(node, status); // Status goes with the answer; what the guest has of the content may be old, too.
            }

            reply.Add(new FuseMessages.fuse_attr_out { attr_valid = StatusSeconds(node, status), attr = Describe(status) });
        }

        return error;
    }

    private int SetAttributes(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_setattr_in asked))
        {
            return Errno.EINVAL;
        }

        using HandleLease path = node.OpenPath();
        int error = path.Error;
        NoteForeignChange(node);
        error = error == 0 && (asked.valid & FuseNumbers.FATTR_MODE) != 0 ? ChangeMode(node, path.Fd, asked.mode) : error;
        error = error == 0 && (asked.valid & (FuseNumbers.FATTR_UID | FuseNumbers.FATTR_GID)) != 0 ? ChangeOwner(path.Fd, asked) : error;
        error = error == 0 && (asked.valid & FuseNumbers.FATTR_SIZE) != 0 ? Truncate(node, path.Fd, asked) : error;
        error = error == 0 && (asked.valid & (FuseNumbers.FATTR_ATIME | FuseNumbers.FATTR_MTIME)) != 0 ? ChangeTimes(path.Fd, asked) : error;
        return error == 0 ? GetAttributes(node, ref reply, isOwn: true) : error;
    }

    /// <summary>Who has a file open for writing writes on when its mode allows no more: an ordinary user's server opens it before.</summary>
    private int ChangeMode(Node node, int path, uint mode)
    {
        if (node.IsRegular && _options.Owners.IsMapped)
        {
            node.OpenData(write: true).Dispose();
        }

        byte* name = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path, name);
        return ErrorOf(Libc.chmod_at(Fcntl.AT_FDCWD, name, mode & PermissionMask, 0));
    }

    /// <summary>Before the guest changes a file: what another has done to it would pass for the guest's own afterwards.</summary>
    private void NoteForeignChange(Node node)
    {
        if (_kernel is not null && node.Stat(out Statx.statx before) == 0)
        {
            _ = Compare(node, before);
        }
    }

    /// <summary>After the guest has changed a file.</summary>
    private void NoteOwnChange(Node? node)
    {
        if (node is not null && _kernel is not null && node.Stat(out Statx.statx after) == 0)
        {
            _ = node.Learn(after);
        }
    }

    /// <summary>After the guest has changed a directory's entries. Of one that is watched each entry is known.</summary>
    private void NoteOwnEntry(Node directory)
    {
        if (directory.Watch is null)
        {
            NoteOwnChange(directory);
        }
    }

    private int ChangeOwner(int path, in FuseMessages.fuse_setattr_in asked)
    {
        uint user = (asked.valid & FuseNumbers.FATTR_UID) != 0 ? asked.uid : Unchanged;
        uint group = (asked.valid & FuseNumbers.FATTR_GID) != 0 ? asked.gid : Unchanged;
        if (!_options.Owners.TryUserToHost(user, out uint hostUser) || !_options.Owners.TryGroupToHost(group, out uint hostGroup))
        {
            return Errno.EPERM;
        }

        byte empty = 0;
        return ErrorOf(Libc.chown_at(path, &empty, hostUser, hostGroup, Fcntl.AT_EMPTY_PATH));
    }

    private static int Truncate(Node node, int path, in FuseMessages.fuse_setattr_in asked)
    {
        bool wasOpen = node.HasWriter;
        int error;
        using (HandleLease file = node.OpenData(write: true))
        {
            error = file.Error == 0 ? ErrorOf(Libc.truncate_file(file.Fd, (long)asked.size)) : file.Error;
        }

        if (!wasOpen)
        {
            node.CloseWriter();
        }

        return error == 0 && (asked.valid & FuseNumbers.FATTR_KILL_SUIDGID) != 0 ? DropPrivileges(node, path) : error;
    }

    private static int ChangeTimes(int path, in FuseMessages.fuse_setattr_in asked)
    {
        long* times = stackalloc long[4];
        times[0] = (long)asked.atime;
        times[1] = TimeOf(asked.valid, FuseNumbers.FATTR_ATIME, FuseNumbers.FATTR_ATIME_NOW, asked.atimensec);
        times[2] = (long)asked.mtime;
        times[3] = TimeOf(asked.valid, FuseNumbers.FATTR_MTIME, FuseNumbers.FATTR_MTIME_NOW, asked.mtimensec);
        byte empty = 0;
        return ErrorOf(Libc.set_times_at(path, &empty, times, Fcntl.AT_EMPTY_PATH));
    }

    private static long TimeOf(uint valid, uint given, uint now, uint nanoseconds) => (valid & given) == 0 ? Omit : (valid & now) != 0 ? Now : nanoseconds;

    /// <summary>Takes set-user-id, and set-group-id of what the group may execute, from a file that was written: a root's server is not asked by its own kernel.</summary>
    private static int DropPrivileges(Node node, int path)
    {
        int error = node.Stat(out Statx.statx status);
        uint mode = status.stx_mode;
        uint kept = mode & ~(SetUserId | ((mode & GroupExecute) != 0 ? SetGroupId : 0));
        if (error != 0 || kept == mode)
        {
            return error;
        }

        byte* name = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path, name);
        return ErrorOf(Libc.chmod_at(Fcntl.AT_FDCWD, name, kept & PermissionMask, 0));
    }

    private static int StatFileSystem(Node node, ref FuseReply reply)
    {
        // struct statvfs of x86-64: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail, f_fsid, f_flag, f_namemax.
        const int Words = 14;
        ulong* s = stackalloc ulong[Words];
        using HandleLease path = node.OpenPath();
        int error = path.Error == 0 ? ErrorOf(Libc.stat_file_system(path.Fd, s)) : path.Error;
        if (error == 0)
        {
            reply.Add(new FuseMessages.fuse_kstatfs
            {
                bsize = (uint)s[0],
                frsize = (uint)s[1],
                blocks = s[2],
                bfree = s[3],
                bavail = s[4],
                files = s[5],
                ffree = s[6],
                namelen = (uint)s[10],
            });
        }

        return error;
    }

    private int SetAttribute(Node node, ref FuseRequest request)
    {
        const int CompatibleBytes = 8;
        int bytes = _extendedSetAttribute ? Unsafe.SizeOf<FuseMessages.fuse_setxattr_in>() : CompatibleBytes;
        if (request.Rest.Length < bytes)
        {
            return Errno.EINVAL;
        }

        FuseMessages.fuse_setxattr_in asked = default;
        request.Rest[..bytes].CopyTo(new Span<byte>(&asked, bytes));
        request.Skip(bytes);
        if (!request.TryTakeText(out ReadOnlySpan<byte> name) || request.Rest.Length < asked.size)
        {
            return Errno.EINVAL;
        }

        using HandleLease path = node.OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        byte* file = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path.Fd, file);
        int error;
        fixed (byte* attribute = name, value = request.Rest)
        {
            error = ErrorOf(Libc.set_attribute(file, attribute, value, asked.size, (int)asked.flags));
        }

        error = error == 0 && (asked.setxattr_flags & FuseNumbers.FUSE_SETXATTR_ACL_KILL_SGID) != 0 ? DropGroupId(node, file) : error;
        NoteOwnChange(node);
        return error;
    }

    private static int DropGroupId(Node node, byte* file)
    {
        int error = node.Stat(out Statx.statx status);
        return error == 0 && (status.stx_mode & SetGroupId) != 0
            ? ErrorOf(Libc.chmod_at(Fcntl.AT_FDCWD, file, status.stx_mode & PermissionMask & ~SetGroupId, 0))
            : error;
    }

    private int GetAttribute(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_getxattr_in asked) || !request.TryTakeText(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        using HandleLease path = node.OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        byte* file = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path.Fd, file);
        fixed (byte* attribute = name, value = reply.Room)
        {
            return AddValue(Libc.get_attribute(file, attribute, asked.size == 0 ? null : value, RoomFor(asked.size)), asked.size, ref reply);
        }
    }

    private static int ListAttributes(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_getxattr_in asked))
        {
            return Errno.EINVAL;
        }

        using HandleLease path = node.OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        byte* file = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path.Fd, file);
        nint length;
        fixed (byte* list = reply.Room)
        {
            length = Libc.list_attributes(file, list, MaxListBytes);
        }

        if (length < 0)
        {
            return ErrorOf(length);
        }

        int kept = request.Header.uid == 0 ? (int)length : DropTrusted(reply.Room[..(int)length]);
        return asked.size != 0 && kept > asked.size ? Errno.ERANGE : AddValue(kept, asked.size, ref reply);
    }

    /// <summary>Leaves out what only an administrator may know of (xattr(7)): here everything is seen, and the guest's kernel passes it on.</summary>
    private static int DropTrusted(Span<byte> list)
    {
        int kept = 0;
        for (int from = 0; from < list.Length;)
        {
            int length = list[from..].IndexOf((byte)0) + 1;
            Span<byte> name = list.Slice(from, length);
            if (!name.StartsWith("trusted."u8))
            {
                name.CopyTo(list[kept..]);
                kept += length;
            }

            from += length;
        }

        return kept;
    }

    private nuint RoomFor(uint size) => Math.Min(size, (uint)_options.MaxTransferBytes);

    /// <summary>A value is in its room already; the size alone is asked for with a size of 0.</summary>
    private static int AddValue(nint length, uint size, ref FuseReply reply)
    {
        if (length < 0)
        {
            return ErrorOf(length);
        }

        if (size == 0)
        {
            reply.Add(new FuseMessages.fuse_getxattr_in { size = (uint)length }); // fuse_getxattr_out is the same.
        }
        else
        {
            reply.Advance((int)length);
        }

        return 0;
    }

    private int RemoveAttribute(Node node, ref FuseRequest request)
    {
        if (!request.TryTakeText(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        using HandleLease path = node.OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        byte* file = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path.Fd, file);
        int error;
        fixed (byte* attribute = name)
        {
            error = ErrorOf(Libc.remove_attribute(file, attribute));
        }

        NoteOwnChange(node);
        return error;
    }

    private FuseMessages.fuse_attr Describe(in Statx.statx s) => new()
    {
        ino = s.stx_ino,
        size = s.stx_size,
        blocks = s.stx_blocks,
        atime = (ulong)s.stx_atime.tv_sec,
        atimensec = s.stx_atime.tv_nsec,
        mtime = (ulong)s.stx_mtime.tv_sec,
        mtimensec = s.stx_mtime.tv_nsec,
        ctime = (ulong)s.stx_ctime.tv_sec,
        ctimensec = s.stx_ctime.tv_nsec,
        mode = s.stx_mode,
        nlink = s.stx_nlink,
        uid = _options.Owners.UserToGuest(s.stx_uid),
        gid = _options.Owners.GroupToGuest(s.stx_gid),
        rdev = DeviceNumber.ToKernel(s.stx_rdev_major, s.stx_rdev_minor),
        blksize = s.stx_blksize,
    };
}
