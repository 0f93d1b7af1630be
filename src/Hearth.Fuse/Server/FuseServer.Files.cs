using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Linux;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Server;

/// <content>What is in a file.</content>
public sealed unsafe partial class FuseServer
{
    private const int AppendAtEnd = 0x10; // RWF_APPEND

    /// <summary>One request copies no more than this, so that it does not hold a thread for long; the kernel asks again for the rest.</summary>
    private const ulong MaxCopyBytes = 16 << 20;

    private int Read(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_read_in asked) || asked.size > _options.MaxTransferBytes)
        {
            return Errno.EINVAL;
        }

        using HandleLease file = (asked.flags & Fcntl.O_NOATIME) != 0 ? node.OpenQuietly() : node.OpenData(write: false);
        if (file.Error != 0)
        {
            return file.Error;
        }

        int done = 0;
        int wanted = (int)asked.size;
        fixed (byte* target = reply.Room)
        {
            while (done < wanted)
            {
                nint read = Libc.read_at(file.Fd, target + done, wanted - done, (long)asked.offset + done);
                if (read < 0 && ErrorOf(read) == Errno.EINTR)
                {
                    continue;
                }

                if (read <= 0)
                {
                    return read < 0 && done == 0 ? ErrorOf(read) : Finish(done, ref reply);
                }

                done += (int)read;
            }
        }

        return Finish(done, ref reply);
    }

    private static int Finish(int bytes, ref FuseReply reply)
    {
        reply.Advance(bytes);
        return 0;
    }

    private int Write(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_write_in asked) || request.Rest.Length < asked.size)
        {
            return Errno.EINVAL;
        }

        NoteForeignChange(node);
        bool isCached = (asked.write_flags & FuseNumbers.FUSE_WRITE_CACHE) != 0;
        bool wasOpen = node.HasWriter;
        using HandleLease file = node.OpenData(write: true);
        if (file.Error != 0)
        {
            return file.Error;
        }

        // The guest's idea of where the end is may be old; what it wrote from its cache has a place of its own.
        bool append = (asked.flags & Fcntl.O_APPEND) != 0 && !isCached;
        int done = 0;
        fixed (byte* source = request.Rest)
        {
            while (done < asked.size)
            {
                SocketMessages.iovec part = new() { iov_base = (nint)(source + done), iov_len = asked.size - (nuint)done };
                nint written = Libc.write_at(file.Fd, &part, 1, (long)asked.offset + done, append ? AppendAtEnd : 0);
                int error = ErrorOf(written);
                if (error == Errno.EINTR)
                {
                    continue;
                }

                if (written <= 0)
                {
                    if (done == 0)
                    {
                        return error;
                    }

                    break;
                }

                done += (int)written;
            }
        }

        reply.Add(new FuseMessages.fuse_write_out { size = (uint)done });
        int failure = (asked.write_flags & FuseNumbers.FUSE_WRITE_KILL_SUIDGID) != 0 ? DropPrivileges(node) : 0;
        NoteOwnChange(node);
        if (append && node.Known is { } known && known.Size != asked.offset + (ulong)done)
        {
            TellNode(node); // It went behind what somebody else had appended: the guest has it at another place.
        }

        if (isCached && !wasOpen)
        {
            node.CloseWriter(); // Of a mapping nobody says when it ends.
        }

        return failure;
    }

    private static int DropPrivileges(Node node)
    {
        using HandleLease path = node.OpenPath();
        return path.Error != 0 ? path.Error : DropPrivileges(node, path.Fd);
    }

    private static int Flush(Node node)
    {
        node.CloseWriter();
        return 0;
    }

    private static int Sync(Node node, ref FuseRequest request)
    {
        if (!request.TryTake(out FuseMessages.fuse_fsync_in asked))
        {
            return Errno.EINVAL;
        }

        using HandleLease file = node.OpenData(write: false);
        return file.Error != 0 ? file.Error
            : ErrorOf((asked.fsync_flags & FuseNumbers.FUSE_FSYNC_FDATASYNC) != 0 ? Libc.sync_data(file.Fd) : Libc.sync_file(file.Fd));
    }

    private static int SyncFileSystem(Node node)
    {
        using HandleLease path = node.OpenPath();
        return path.Error != 0 ? path.Error : OnDirectory(path.Fd, static fd => Libc.sync_file_system(fd));
    }

    private static int SyncDirectory(Node node)
    {
        using HandleLease path = node.OpenPath();
        return path.Error != 0 ? path.Error : OnDirectory(path.Fd, static fd => Libc.sync_file(fd));
    }

    /// <summary>Does what an O_PATH descriptor is not enough for.</summary>
    private static int OnDirectory(int path, Func<int, int> action)
    {
        byte* dot = stackalloc byte[2] { (byte)'.', 0 };
        int fd = Libc.open_at(path, dot, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_CLOEXEC, 0);
        int error = ErrorOf(fd);
        if (error == 0)
        {
            error = ErrorOf(action(fd));
            _ = Libc.close(fd);
        }

        return error;
    }

    private int Allocate(Node node, ref FuseRequest request)
    {
        if (!request.TryTake(out FuseMessages.fuse_fallocate_in asked))
        {
            return Errno.EINVAL;
        }

        using HandleLease file = node.OpenData(write: true);
        NoteForeignChange(node);
        int error = file.Error != 0 ? file.Error : ErrorOf(Libc.allocate(file.Fd, (int)asked.mode, (long)asked.offset, (long)asked.length));
        NoteOwnChange(node);
        return error;
    }

    private static int Seek(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_lseek_in asked))
        {
            return Errno.EINVAL;
        }

        using HandleLease file = node.OpenData(write: false);
        if (file.Error != 0)
        {
            return file.Error;
        }

        long found = Libc.lseek(file.Fd, (long)asked.offset, (int)asked.whence);
        if (found >= 0)
        {
            reply.Add((ulong)found);
        }

        return ErrorOf(found);
    }

    private int CopyRange(Node node, ref FuseRequest request, ref FuseReply reply)
    {
        if (!request.TryTake(out FuseMessages.fuse_copy_file_range_in asked))
        {
            return Errno.EINVAL;
        }

        if (_nodes.Find(asked.nodeid_out) is not { } other)
        {
            return Errno.ESTALE;
        }

        using HandleLease source = node.OpenData(write: false);
        using HandleLease target = other.OpenData(write: true);
        if (source.Error != 0 || target.Error != 0)
        {
            return source.Error != 0 ? source.Error : target.Error;
        }

        long from = (long)asked.off_in;
        long to = (long)asked.off_out;
        NoteForeignChange(other);
        nint copied = Libc.copy_range(source.Fd, &from, target.Fd, &to, (nuint)Math.Min(asked.len, MaxCopyBytes), 0);
        if (copied >= 0)
        {
            reply.Add(new FuseMessages.fuse_write_out { size = (uint)copied });
        }

        int error = ErrorOf(copied);
        NoteOwnChange(other);
        return error;
    }
}
