using System.Runtime.CompilerServices;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Server;

/// <content>Names: looked up, made, removed, renamed.</content>
public sealed unsafe partial class FuseServer
{
    private const uint TypeMask = 0xf000;
    private const uint CharacterDevice = 0x2000;
    private const uint BlockDevice = 0x6000;
    private const uint RenameExchange = 2;
    private const uint RenameWhiteout = 4;
    private const int MaxLinkBytes = 4095;

    private int Lookup(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTakeText(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        if (!FuseRequest.IsName(name[..^1]))
        {
            return name.Length > FuseRequest.MaxNameBytes + 1 ? Errno.ENAMETOOLONG : Errno.EINVAL;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        bool isWatched = IsWatched(parent, directory.Fd);
        int error = StatIn(directory.Fd, name, out Statx.statx status);
        if (error == Errno.ENOENT && isWatched)
        {
            reply.Add(new FuseMessages.fuse_entry_out { entry_valid = NothingSeconds }); // Node 0: there is no such name, and that may be remembered.
            return 0;
        }

        return error != 0 ? error : AddEntry(parent, name, status, ref reply, isOwn: false, out _);
    }

    /// <summary>Answers with the file that was just found or made under a name.</summary>
    private int AddEntry(Node parent, ReadOnlySpan<byte> name, in Statx.statx status, ref FuseReply reply, bool isOwn, out Node? node)
    {
        node = _nodes.Know(parent, name, status);
        if (node is null)
        {
            return Errno.ENFILE;
        }

        if (isOwn)
        {
            _ = node.Learn(status);
        }

        AddEntry(parent, node, status, ref reply);
        return 0;
    }

    private void AddEntry(Node parent, Node node, in Statx.statx status, ref FuseReply reply)
    {
        _ = Compare(node, status);
        reply.Add(new FuseMessages.fuse_entry_out
        {
            nodeid = node.Id,
            generation = 0,
            entry_valid = NameSeconds(parent),
            attr_valid = StatusSeconds(node, status),
            attr = Describe(status),
        });
    }

    private int AddMade(Node parent, int directory, ReadOnlySpan<byte> name, ref FuseReply reply)
    {
        int error = StatIn(directory, name, out Statx.statx status);
        error = error != 0 ? error : AddEntry(parent, name, status, ref reply, isOwn: true, out _);
        NoteOwnEntry(parent);
        return error;
    }

    private static int StatIn(int directory, ReadOnlySpan<byte> name, out Statx.statx status)
    {
        Statx.statx read = default;
        int error;
        fixed (byte* path = name)
        {
            error = ErrorOf(Libc.stat_at(directory, path, Fcntl.AT_SYMLINK_NOFOLLOW, Statx.STATX_BASIC_STATS, &read));
        }

        status = read;
        return error;
    }

    private int MakeDirectory(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_mkdir_in asked) || !request.TryTakeName(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        Become(request.Header, asked.umask);
        int error;
        fixed (byte* path = name)
        {
            error = ErrorOf(Libc.mkdir_at(directory.Fd, path, asked.mode & PermissionMask));
        }

        return error != 0 ? error : AddMade(parent, directory.Fd, name, ref reply);
    }

    private int MakeNode(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_mknod_in asked) || !request.TryTakeName(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        // 0:0 is no device: overlay file systems write it for what is removed.
        if ((asked.mode & TypeMask) is CharacterDevice or BlockDevice && asked.rdev != 0 && !_options.Devices)
        {
            return Errno.EPERM;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        Become(request.Header, asked.umask);
        int error;
        fixed (byte* path = name)
        {
            error = ErrorOf(Libc.mknod_at(directory.Fd, path, asked.mode & (TypeMask | PermissionMask), DeviceNumber.FromKernel(asked.rdev)));
        }

        return error != 0 ? error : AddMade(parent, directory.Fd, name, ref reply);
    }

    private int MakeSymbolicLink(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTakeName(out ReadOnlySpan<byte> name) || !request.TryTakeText(out ReadOnlySpan<byte> target))
        {
            return Errno.EINVAL;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        Become(request.Header, 0);
        int error;
        fixed (byte* path = name, text = target)
        {
            error = ErrorOf(Libc.symlink_at(text, directory.Fd, path));
        }

        return error != 0 ? error : AddMade(parent, directory.Fd, name, ref reply);
    }

    private static int ReadLink(Node node, ref FuseReply reply)
    {
        using HandleLease path = node.OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        byte empty = 0;
        nint length;
        fixed (byte* text = reply.Room)
        {
            length = Libc.readlink_at(path.Fd, &empty, text, MaxLinkBytes);
        }

        if (length >= 0)
        {
            reply.Advance((int)length);
        }

        return ErrorOf(length);
    }

    private int Link(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out ulong id) || !request.TryTakeName(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        if (_nodes.Find(id) is not { } node)
        {
            return Errno.ESTALE;
        }

        using HandleLease directory = parent.OpenPath();
        using HandleLease file = node.OpenPath();
        if (directory.Error != 0 || file.Error != 0)
        {
            return directory.Error != 0 ? directory.Error : file.Error;
        }

        byte* source = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(file.Fd, source);
        int error;
        fixed (byte* path = name)
        {
            error = ErrorOf(Libc.link_at(Fcntl.AT_FDCWD, source, directory.Fd, path, Fcntl.AT_SYMLINK_FOLLOW));
        }

        return error != 0 ? error : AddMade(parent, directory.Fd, name, ref reply);
    }

    private int Remove(Node parent, ref FuseRequest request, int flags)
    {
        if (!request.TryTakeName(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        Node? doomed = KeepKnown(parent, directory.Fd, name);
        NoteRemoval(parent, name);
        int error;
        fixed (byte* path = name)
        {
            error = ErrorOf(Libc.unlink_at(directory.Fd, path, flags));
        }

        if (error == 0)
        {
            doomed?.Detach();
            NoteOwnChange(doomed); // It may have other names.
            NoteOwnEntry(parent);
        }
        else
        {
            TakeRemovalBack(parent, name);
        }

        return error;
    }

    private int Rename(Node parent, ref FuseRequest request, bool extended)
    {
        FuseMessages.fuse_rename2_in asked = default;
        if (!(extended ? request.TryTake(out asked) : request.TryTake(out asked.newdir))
            || !request.TryTakeName(out ReadOnlySpan<byte> oldName) || !request.TryTakeName(out ReadOnlySpan<byte> newName))
        {
            return Errno.EINVAL;
        }

        if ((asked.flags & RenameWhiteout) != 0)
        {
            return Errno.EINVAL;
        }

        if (_nodes.Find(asked.newdir) is not { } newParent)
        {
            return Errno.ESTALE;
        }

        using HandleLease from = parent.OpenPath();
        using HandleLease to = newParent.OpenPath();
        if (from.Error != 0 || to.Error != 0)
        {
            return from.Error != 0 ? from.Error : to.Error;
        }

        Node? moved = StatIn(from.Fd, oldName, out Statx.statx status) == 0 ? _nodes.Find(Node.KeyOf(status)) : null;
        Node? covered = KeepKnown(newParent, to.Fd, newName);
        bool isExchange = (asked.flags & RenameExchange) != 0;
        NoteRemoval(parent, oldName);
        if (isExchange)
        {
            NoteRemoval(newParent, newName);
        }

        int error;
        fixed (byte* oldPath = oldName, newPath = newName)
        {
            error = ErrorOf(Libc.rename_at(from.Fd, oldPath, to.Fd, newPath, asked.flags));
        }

        if (error != 0)
        {
            TakeRemovalBack(parent, oldName);
            if (isExchange)
            {
                TakeRemovalBack(newParent, newName);
            }

            return error;
        }

        if (isExchange)
        {
            covered?.Place(parent, oldName);
        }
        else if (!ReferenceEquals(covered, moved))
        {
            covered?.Detach();
        }

        moved?.Place(newParent, newName);
        NoteOwnChange(moved);
        NoteOwnChange(covered);
        NoteOwnEntry(parent);
        NoteOwnEntry(newParent);
        return 0;
    }

    private void NoteRemoval(Node directory, ReadOnlySpan<byte> name)
    {
        if (directory.Watch is not null)
        {
            _removals.Add(directory, name);
        }
    }

    private void TakeRemovalBack(Node directory, ReadOnlySpan<byte> name) => _ = _removals.Take(directory, name);

    /// <summary>The node that is to lose its place, opened, so that who has it open in the guest goes on with it; null when that name is not its place.</summary>
    private Node? KeepKnown(Node parent, int directory, ReadOnlySpan<byte> name)
    {
        if (StatIn(directory, name, out Statx.statx status) != 0 || _nodes.Find(Node.KeyOf(status)) is not { } node || !node.IsAt(parent, name))
        {
            return null;
        }

        node.Pin();
        return node;
    }

    private int Create(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_create_in asked) || !request.TryTakeName(out ReadOnlySpan<byte> name))
        {
            return Errno.EINVAL;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        Become(request.Header, asked.umask);
        int fd;
        fixed (byte* path = name)
        {
            fd = Libc.open_at(directory.Fd, path, Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC, asked.mode & PermissionMask);
        }

        int error = ErrorOf(fd);
        if (error == Errno.EEXIST && (asked.flags & Fcntl.O_EXCL) == 0)
        {
            error = AddMade(parent, directory.Fd, name, ref reply); // Somebody else was first: it is opened, and made shorter by a request of its own.
            reply.Add(new FuseMessages.fuse_open_out { open_flags = KeepCache });
            return error;
        }

        return error != 0 ? error : AddCreated(parent, name, new SafeFileHandle(fd, ownsHandle: true), ref reply);
    }

    private int AddCreated(Node parent, ReadOnlySpan<byte> name, SafeFileHandle file, ref FuseReply reply)
    {
        Statx.statx status;
        byte empty = 0;
        int error = ErrorOf(Libc.stat_at((int)file.DangerousGetHandle(), &empty, Fcntl.AT_EMPTY_PATH, Statx.STATX_BASIC_STATS, &status));
        Node? node = null;
        error = error == 0 ? AddEntry(parent, name, status, ref reply, isOwn: true, out node) : error;
        NoteOwnEntry(parent);
        if (node is null)
        {
            file.Dispose();
            return error;
        }

        node.AdoptWriter(file);
        reply.Add(new FuseMessages.fuse_open_out { open_flags = KeepCache });
        return 0;
    }

    /// <summary>O_TMPFILE: a file that has no name until it is linked. It has no place to be found at again.</summary>
    private int MakeUnnamed(Node parent, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_create_in asked))
        {
            return Errno.EINVAL;
        }

        using HandleLease directory = parent.OpenPath();
        if (directory.Error != 0)
        {
            return directory.Error;
        }

        Become(request.Header, asked.umask);
        byte* name = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(directory.Fd, name);
        int fd = Libc.open_at(Fcntl.AT_FDCWD, name, Fcntl.O_RDWR | Fcntl.O_TMPFILE | Fcntl.O_CLOEXEC | (int)(asked.flags & Fcntl.O_EXCL), asked.mode & PermissionMask);
        if (fd < 0)
        {
            return ErrorOf(fd);
        }

        SafeFileHandle file = new(fd, ownsHandle: true);
        int error = AddCreated(parent, "\0"u8, file, ref reply);
        if (error == 0 && _nodes.Find(Unsafe.ReadUnaligned<ulong>(ref System.Runtime.InteropServices.MemoryMarshal.GetReference(reply.Body))) is { } node)
        {
            node.Detach();
            node.HoldByDescriptor(file);
        }

        return error;
    }

    private void Become(in FuseMessages.fuse_in_header header, uint mask)
    {
        if (_options.Owners.IsMapped)
        {
            ServerThread.Become(0, 0, mask); // The ids of a process that cannot change them: they are not looked at.
        }
        else
        {
            ServerThread.Become(header.uid, header.gid, mask);
        }
    }
}
