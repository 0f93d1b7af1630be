using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Fuse.Watch;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Server;

/// <content>How long the guest's kernel may rely on what it was told, and telling it what is true no more.</content>
public sealed partial class FuseServer
{
    /// <summary>Where nobody tells of changes on the host.</summary>
    private const ulong ShortSeconds = 1;

    /// <summary>Where the guest is told of them.</summary>
    private const ulong LongSeconds = 24 * 3600;

    /// <summary>How long it is good that there is no such name: what is not there cannot be compared after events were lost.</summary>
    private const ulong NothingSeconds = 60;

    private const uint Appeared = Inotify.IN_CREATE | Inotify.IN_MOVED_TO;
    private const uint Vanished = Inotify.IN_DELETE | Inotify.IN_MOVED_FROM;

    private readonly OwnRemovals _removals = new();
    private HostWatch? _watch;
    private IGuestKernel? _kernel;

    /// <summary>Has the guest told of changes on the host from here on. Before the first message.</summary>
    /// <param name="watch">Watches the host.</param>
    /// <param name="kernel">The guest's.</param>
    public void Follow(HostWatch watch, IGuestKernel kernel)
    {
        _watch = watch;
        _kernel = kernel;
        using HandleLease path = _root.OpenPath();
        _ = IsWatched(_root, path.Fd);
        foreach (Node node in _nodes.All().Where(static node => node.WasWatched))
        {
            using HandleLease directory = node.OpenPath();
            if (directory.Error != 0 || !IsWatched(node, directory.Fd))
            {
                Drop(node);
            }
        }
    }

    /// <summary>What the guest knows below a directory, it is told to forget.</summary>
    private void Drop(Node directory)
    {
        TellNode(directory);
        if (directory.PlaceOf(out byte[] name) is { } parent)
        {
            TellEntry(parent, name);
        }
    }

    /// <summary>Takes what happened to an entry of a directory, or to the directory itself, on the host.</summary>
    /// <returns>Whether the guest did not know it.</returns>
    internal bool TakeEvent(Node directory, uint mask, ReadOnlySpan<byte> padded)
    {
        if (padded.Length == 0)
        {
            return (mask & (Inotify.IN_MODIFY | Inotify.IN_ATTRIB)) != 0 && directory.Stat(out Statx.statx own) == 0 && Compare(directory, own);
        }

        ReadOnlySpan<byte> name = padded[..(padded.IndexOf((byte)0) + 1)];
        if ((mask & Vanished) != 0 && _removals.Take(directory, name))
        {
            return false;
        }

        using HandleLease path = directory.OpenPath();
        if (path.Error != 0)
        {
            return false;
        }

        int error = StatIn(path.Fd, name, out Statx.statx status);
        if (error != 0 && (mask & Vanished) == 0)
        {
            return false; // Gone again: of that there is a word of its own.
        }

        Node? node = error == 0 ? _nodes.Find(Node.KeyOf(status)) : null;
        if ((mask & Appeared) != 0 && node?.IsAt(directory, name) == true)
        {
            return Compare(node, status);
        }

        if ((mask & (Appeared | Vanished)) != 0)
        {
            node?.Place(directory, name);
            TellEntry(directory, name);
            TellNode(directory);
            return true;
        }

        return node is not null && Compare(node, status);
    }

    /// <summary>Compares everything that the guest knows with the host: nobody knows what has happened.</summary>
    public void CompareAll()
    {
        _removals.Clear();
        foreach (Node node in _nodes.All())
        {
            if (node.Stat(out Statx.statx status) != 0)
            {
                if (node.PlaceOf(out byte[] name) is { } parent)
                {
                    TellEntry(parent, name);
                }
            }
            else if (node.IsDirectory)
            {
                TellNode(node);
            }
            else
            {
                _ = Compare(node, status);
            }
        }
    }

    /// <summary>Tells the guest when a file is not what it knows. Of a directory that is watched it is told entry by entry.</summary>
    private bool Compare(Node node, in Statx.statx status)
    {
        if (node.Learn(status) || (node.IsDirectory && node.Watch is not null))
        {
            return false;
        }

        TellNode(node);
        return true;
    }

    /// <summary>A directory is watched from here on, if it can be.</summary>
    private bool IsWatched(Node directory, int path) => directory.Watch is not null || (_watch is { } watch && !directory.IsWatchRefused && Watch(watch, directory, path));

    private bool Watch(HostWatch watch, Node directory, int path)
    {
        bool added = watch.TryAdd(this, directory, path);
        directory.IsWatchRefused = !added;
        return added;
    }

    /// <summary>How long a status is good. A file with several names may be changed by one that nobody watches.</summary>
    private static ulong StatusSeconds(Node node, in Statx.statx status)
    {
        bool isWatched = node.IsDirectory || node.Watch is not null ? node.Watch is not null : status.stx_nlink == 1 && node.PlaceOf(out _)?.Watch is not null;
        return isWatched ? LongSeconds : ShortSeconds;
    }

    private static ulong NameSeconds(Node directory) => directory.Watch is not null ? LongSeconds : ShortSeconds;

    /// <summary>What the guest has of a file, or of a directory's entries, is old.</summary>
    private void TellNode(Node node)
    {
        Span<byte> message = stackalloc byte[64];
        int length = Begin(message, FuseNumbers.FUSE_NOTIFY_INVAL_INODE, Unsafe.SizeOf<FuseMessages.fuse_notify_inval_inode_out>());
        FuseMessages.fuse_notify_inval_inode_out body = new() { ino = node.Id };
        MemoryMarshal.Write(message[FuseReply.HeaderBytes..], in body);
        _kernel?.Tell(message[..length]);
    }

    /// <summary>A name means something else, or nothing.</summary>
    private void TellEntry(Node directory, ReadOnlySpan<byte> name)
    {
        Span<byte> message = stackalloc byte[64 + FuseRequest.MaxNameBytes];
        int body = Unsafe.SizeOf<FuseMessages.fuse_notify_inval_entry_out>();
        int length = Begin(message, FuseNumbers.FUSE_NOTIFY_INVAL_ENTRY, body + name.Length);
        FuseMessages.fuse_notify_inval_entry_out entry = new() { parent = directory.Id, namelen = (uint)name.Length - 1 };
        MemoryMarshal.Write(message[FuseReply.HeaderBytes..], in entry);
        name.CopyTo(message[(FuseReply.HeaderBytes + body)..]);
        _kernel?.Tell(message[..length]);
    }

    private static int Begin(Span<byte> message, int code, int bodyBytes)
    {
        FuseMessages.fuse_out_header header = new() { len = (uint)(FuseReply.HeaderBytes + bodyBytes), error = code };
        MemoryMarshal.Write(message, in header);
        return FuseReply.HeaderBytes + bodyBytes;
    }
}
