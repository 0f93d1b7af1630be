using System.Runtime.CompilerServices;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Server;

/// <content>Directories are read from where the guest says, whatever was read before: its place is the host's own (d_off).</content>
public sealed partial class FuseServer
{
    private const int RecordAlignment = 8;
    private const int TypeShift = 12;

    private static readonly int s_entryBytes = Unsafe.SizeOf<FuseMessages.fuse_dirent>();
    private static readonly int s_plusBytes = Unsafe.SizeOf<FuseMessages.fuse_entry_out>();

    private int ReadDirectory(Node node, ref FuseRequest request, ref FuseReply reply, bool plus)
    {
        if (!request.TryTake(out FuseMessages.fuse_read_in asked) || asked.size > _options.MaxTransferBytes)
        {
            return Errno.EINVAL;
        }

        using HandleLease path = node.OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        _ = IsWatched(node, path.Fd);
        int error = 0;
        DirectoryStream? stream = node.TakeStream();
        if (stream is null)
        {
            error = DirectoryStream.Open(path.Fd, out stream);
        }

        if (stream is null)
        {
            return error;
        }

        error = stream.Seek((long)asked.offset);
        error = error == 0 ? Fill(node, path.Fd, stream, (int)asked.size, ref reply, plus) : error;
        node.ReturnStream(stream);
        return error;
    }

    private int Fill(Node node, int directory, DirectoryStream stream, int room, ref FuseReply reply, bool plus)
    {
        int error;
        while (stream.TryPeek(out DirectoryEntry entry, out error))
        {
            int nameBytes = entry.Name.Length - 1;
            int bytes = (((plus ? s_plusBytes : 0) + s_entryBytes + nameBytes) + RecordAlignment - 1) & -RecordAlignment;
            if (reply.Length + bytes > room)
            {
                return 0;
            }

            int end = reply.Length + bytes;
            ulong inode = entry.Inode;
            if (plus)
            {
                AddLookedUp(node, directory, entry, ref reply);
            }

            if (ReferenceEquals(node, _root) && entry.Name.SequenceEqual("..\0"u8))
            {
                inode = node.Key.Inode; // What is above the tree is nobody's business.
            }

            reply.Add(new FuseMessages.fuse_dirent { ino = inode, off = (ulong)entry.Next, namelen = (uint)nameBytes, type = entry.Type });
            entry.Name[..nameBytes].CopyTo(reply.Room);
            reply.Advance(nameBytes);
            reply.Room[..(end - reply.Length)].Clear();
            reply.Advance(end - reply.Length);
            stream.Advance(entry);
        }

        return reply.Length > 0 ? 0 : error;
    }

    /// <summary>The entry as a lookup would answer it; node 0 for the two dots, and for what is gone already.</summary>
    private void AddLookedUp(Node parent, int directory, in DirectoryEntry entry, ref FuseReply reply)
    {
        if (!entry.Name.SequenceEqual(".\0"u8) && !entry.Name.SequenceEqual("..\0"u8)
            && StatIn(directory, entry.Name, out Statx.statx status) == 0 && _nodes.Know(parent, entry.Name, status) is { } node)
        {
            AddEntry(parent, node, status, ref reply);
            return;
        }

        reply.Add(new FuseMessages.fuse_entry_out { attr = new FuseMessages.fuse_attr { ino = entry.Inode, mode = (uint)entry.Type << TypeShift } });
    }
}
