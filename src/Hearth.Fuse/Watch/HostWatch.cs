using System.Runtime.InteropServices;
using Hearth.Fuse.Nodes;
using Hearth.Fuse.Server;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Watch;

// Theory of operation
//
// A guest's kernel keeps names, status and contents for a day and asks nobody. That is right as long as it is told when somebody else
// changes them. Each directory that the guest has looked into is watched (inotify(7)): of what happens to its entries the
// server is told here, compares the file with what the guest knows of it (Node.Knows), and tells the guest when they differ.
// What the guest did itself comes here too, and is equal by then: nothing is told.
//
// A directory is watched before anything in it is looked at, so nothing falls between. Not seen: what is written through a
// mapping, what another host writes to a network file system, and a file with several names that is changed by one in a directory that
// the guest has not looked into; for files with several names, and where no more can be watched (fs.inotify.max_user_watches), what the
// guest knows is good for a second. When the kernel drops events because there were too many, everything known is compared.
//
// Events of the guest's own doing would wake this thread at each of its writes. After a batch that told nothing new the next is
// left to gather for a moment.

/// <summary>Watches directories of the host for the servers of one VM.</summary>
public sealed unsafe class HostWatch : IDisposable
{
    private const uint Events = Inotify.IN_MODIFY | Inotify.IN_ATTRIB | Inotify.IN_MOVED_FROM | Inotify.IN_MOVED_TO | Inotify.IN_CREATE | Inotify.IN_DELETE | Inotify.IN_EXCL_UNLINK;
    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan s_gathering = TimeSpan.FromMilliseconds(10);

    private readonly SafeFileHandle _inotify;
    private readonly SafeFileHandle _endRead;
    private readonly SafeFileHandle _endWrite;
    private readonly Lock _lock = new();
    private readonly Dictionary<int, List<WatchedNode>> _watched = [];
    private readonly ManualResetEventSlim _ending = new();
    private readonly Thread _thread;

    /// <exception cref="ErrnoException">EMFILE beyond fs.inotify.max_user_instances.</exception>
    public HostWatch()
    {
        int fd = Libc.inotify_init1(Inotify.IN_CLOEXEC | Inotify.IN_NONBLOCK);
        _inotify = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("inotify_init1", "shares");
        (_endRead, _endWrite) = Descriptors.Pipe();
        _thread = new Thread(Follow, 256 * 1024) { IsBackground = true, Name = "hearth: watch" };
        _thread.Start();
    }

    /// <summary>Directories that are watched.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _watched.Count;
            }
        }
    }

    public void Dispose()
    {
        _ending.Set();
        new DescriptorStream(_endWrite).Write("!"u8);
        _thread.Join();
        _inotify.Dispose();
        _endRead.Dispose();
        _endWrite.Dispose();
        _ending.Dispose();
    }

    /// <summary>Watches a directory, or one file; false when no more can be.</summary>
    internal bool TryAdd(FuseServer server, Node node, int path)
    {
        byte* name = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path, name);
        lock (_lock)
        {
            int watch = Libc.watch_path(_inotify, name, Events);
            if (watch < 0)
            {
                return false;
            }

            if (!_watched.TryGetValue(watch, out List<WatchedNode>? nodes))
            {
                _watched.Add(watch, nodes = []);
            }

            nodes.Add(new WatchedNode(server, node));
            node.Watch = watch;
            return true;
        }
    }

    /// <summary>The guest does not know the directory any more.</summary>
    internal void Remove(Node node)
    {
        lock (_lock)
        {
            if (node.Watch is { } watch && _watched.TryGetValue(watch, out List<WatchedNode>? nodes))
            {
                node.Watch = null;
                _ = nodes.RemoveAll(watched => ReferenceEquals(watched.Node, node));
                if (nodes.Count == 0)
                {
                    _ = _watched.Remove(watch);
                    _ = Libc.inotify_rm_watch(_inotify, watch);
                }
            }
        }
    }

    private void Follow()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
        while (!Readiness.Wait(_inotify, _endRead, null, wait: true).Second)
        {
            nint read;
            fixed (byte* target = buffer)
            {
                read = Libc.read(_inotify, target, BufferBytes);
            }

            bool hasNews = false;
            for (int at = 0; at < read;)
            {
                Inotify.inotify_event happened = MemoryMarshal.Read<Inotify.inotify_event>(buffer.AsSpan(at));
                at += sizeof(Inotify.inotify_event);
                hasNews |= Take(happened, buffer.AsSpan(at, (int)happened.len));
                at += (int)happened.len;
            }

            if (!hasNews && _ending.Wait(s_gathering))
            {
                return;
            }
        }
    }

    private bool Take(in Inotify.inotify_event happened, ReadOnlySpan<byte> name)
    {
        WatchedNode[] nodes;
        lock (_lock)
        {
            if ((happened.mask & Inotify.IN_Q_OVERFLOW) != 0)
            {
                nodes = [.. _watched.Values.SelectMany(static list => list)];
            }
            else if (_watched.TryGetValue(happened.wd, out List<WatchedNode>? there))
            {
                nodes = [.. there];
                if ((happened.mask & Inotify.IN_IGNORED) != 0)
                {
                    _ = _watched.Remove(happened.wd); // The directory is gone.
                    there.ForEach(static watched => watched.Node.Watch = null);
                }
            }
            else
            {
                return false;
            }
        }

        if ((happened.mask & Inotify.IN_Q_OVERFLOW) != 0)
        {
            foreach (FuseServer server in nodes.Select(static watched => watched.Server).Distinct())
            {
                server.CompareAll();
            }

            return true;
        }

        bool isNews = false;
        foreach (WatchedNode watched in nodes)
        {
            isNews |= watched.Server.TakeEvent(watched.Node, happened.mask, name);
        }

        return isNews;
    }
}
