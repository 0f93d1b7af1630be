using System.Runtime.InteropServices;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Nodes;

// Theory of operation
//
// A guest's kernel knows a file by a number, and keeps thousands of them for as long as it likes. A host allows a process a few
// thousand descriptors. So a node is its identity (device, inode) and its place (a name in another node); descriptors are opened when
// something has to be done with the file, checked against the identity, and closed again when others need the room
// (HandleCache). A name is only ever used in the directory that it was found in: nothing is resolved that has a slash, a dot dot
// or a symbolic link in it, so there is no way out of the tree to guard.
//
// A file that loses its place by the guest's own doing (unlinked, renamed over) is opened before, and that descriptor is kept: the
// guest may have it open. What the host moves or removes meanwhile is ESTALE, unless a descriptor is open.
//
// Locks: a node's own guards its place and descriptors; a node's is taken before its parent's.

/// <summary>A file, directory or anything else of a shared tree that the guest's kernel knows.</summary>
internal sealed class Node(ulong id, NodeKey key, uint kind) : IDisposable
{
    private const int PathFlags = Fcntl.O_PATH | Fcntl.O_NOFOLLOW | Fcntl.O_CLOEXEC;
    private const int DataFlags = Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY | Fcntl.O_CLOEXEC;
    private const uint KindMask = 0xf000;
    private const uint Regular = 0x8000;
    private const uint Directory = 0x4000;

    private readonly Lock _lock = new();
    private Node? _parent;
    private byte[] _name = [];
    private bool _pinned;
    private KnownState? _known;
    private SafeFileHandle? _path;
    private SafeFileHandle? _reader;
    private SafeFileHandle? _writer;
    private DirectoryStream? _stream;

    public ulong Id { get; } = id;

    public NodeKey Key { get; } = key;

    /// <summary>The type bits of its mode (inode(7)).</summary>
    public uint Kind => kind;

    public bool IsRegular => kind == Regular;

    public bool IsDirectory => kind == Directory;

    /// <summary>How often the guest's kernel was told of it and has not forgotten it. Guarded by the table's lock.</summary>
    public ulong Lookups { get; set; }

    /// <summary>A descriptor was used since somebody last looked for room. Set without a lock: losing it costs an open.</summary>
    public bool Used { get; set; }

    /// <summary>It is among those that have descriptors. Guarded by the cache's lock.</summary>
    public bool IsCached { get; set; }

    public HandleCache? Cache { get; init; }

    /// <summary>What it is watched as; null when it is not. Set by the watch.</summary>
    public int? Watch { get; set; }

    /// <summary>The guest was told, by a server of another life, to rely on being told.</summary>
    public bool WasWatched { get; set; }

    /// <summary>What the guest knows of it; null: nothing.</summary>
    public KnownState? Known
    {
        get
        {
            lock (_lock)
            {
                return _known;
            }
        }

        set
        {
            lock (_lock)
            {
                _known = value;
            }
        }
    }

    /// <summary>No more could be watched.</summary>
    public bool IsWatchRefused { get; set; }

    public static uint KindOf(in Statx.statx status) => status.stx_mode & KindMask;

    public static NodeKey KeyOf(in Statx.statx status) => new(((ulong)status.stx_dev_major << 32) | status.stx_dev_minor, status.stx_ino);

    /// <summary>Where the file is found from now on.</summary>
    /// <param name="parent">Its directory.</param>
    /// <param name="name">With a zero at its end.</param>
    public void Place(Node parent, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(parent, _parent) || !name.SequenceEqual(_name))
            {
                _parent = parent;
                _name = name.ToArray();
            }
        }
    }

    public bool IsAt(Node parent, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            return ReferenceEquals(parent, _parent) && name.SequenceEqual(_name);
        }
    }

    /// <summary>The directory that it was last found in, and its name there with a zero; null for the root, and for what has lost its place.</summary>
    public Node? PlaceOf(out byte[] name)
    {
        lock (_lock)
        {
            name = _name;
            return _parent;
        }
    }

    /// <summary>Keeps the file although it is about to lose its place: opens it while that works.</summary>
    public void Pin()
    {
        using HandleLease path = OpenPath();
        lock (_lock)
        {
            _pinned = path.Error == 0;
        }
    }

    /// <summary>It has no place any more.</summary>
    public void Detach()
    {
        lock (_lock)
        {
            _parent = null;
            _name = [];
        }
    }

    /// <summary>The root of a tree: a descriptor that stays.</summary>
    public void Hold(SafeFileHandle path)
    {
        _path = path;
        _pinned = true;
    }

    /// <summary>A file without a name: it is reached by a descriptor of it, or not at all.</summary>
    public unsafe void HoldByDescriptor(SafeFileHandle file)
    {
        byte* name = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write((int)file.DangerousGetHandle(), name);
        int fd = Libc.open_at(Fcntl.AT_FDCWD, name, Fcntl.O_PATH | Fcntl.O_CLOEXEC, 0);
        if (fd >= 0)
        {
            lock (_lock)
            {
                _path = new SafeFileHandle(fd, ownsHandle: true);
                _pinned = true;
            }
        }
    }

    /// <summary>A descriptor that names the file without opening it (O_PATH). ESTALE when it is not where it was.</summary>
    public HandleLease OpenPath()
    {
        Used = true;
        lock (_lock)
        {
            if (_path is null)
            {
                int error = Locate(out SafeFileHandle? found);
                if (found is null)
                {
                    return new HandleLease(error);
                }

                _path = found;
                Cache?.Add(this);
            }

            return new HandleLease(_path);
        }
    }

    /// <summary>A descriptor to read from, or to write to, of a regular file. Anything else is not opened: a device or a pipe of the tree means nothing here.</summary>
    public HandleLease OpenData(bool write)
    {
        if (!IsRegular)
        {
            return new HandleLease(IsDirectory ? Errno.EISDIR : Errno.EINVAL);
        }

        Used = true;
        lock (_lock)
        {
            ref SafeFileHandle? handle = ref write ? ref _writer : ref _reader;
            if (handle is null)
            {
                int error = Reopen(write ? Fcntl.O_RDWR : Fcntl.O_RDONLY, out handle);
                if (error == Errno.EACCES && write)
                {
                    error = Reopen(Fcntl.O_WRONLY, out handle);
                }

                if (handle is null)
                {
                    return new HandleLease(error);
                }

                Cache?.Add(this);
            }

            return new HandleLease(handle);
        }
    }

    /// <summary>A descriptor to read from without a trace (O_NOATIME), for one use; an ordinary one of what belongs to somebody else.</summary>
    public HandleLease OpenQuietly()
    {
        if (IsRegular)
        {
            lock (_lock)
            {
                if (Reopen(Fcntl.O_RDONLY | Fcntl.O_NOATIME, out SafeFileHandle? opened) == 0)
                {
                    return new HandleLease(opened!, isLast: true);
                }
            }
        }

        return OpenData(write: false);
    }

    /// <summary>It is open for writing here.</summary>
    public bool HasWriter => Volatile.Read(ref _writer) is not null;

    /// <summary>A descriptor that the file was made with, for writing: its mode may not let anybody open it so again.</summary>
    public void AdoptWriter(SafeFileHandle handle)
    {
        Used = true;
        lock (_lock)
        {
            (handle, _writer) = (_writer ?? handle, _writer is null ? handle : _writer);
            if (!ReferenceEquals(handle, _writer))
            {
                handle.Dispose();
            }

            Cache?.Add(this);
        }
    }

    /// <summary>Nobody of the guest writes for now. A host does not execute a file that somebody has open for writing.</summary>
    public void CloseWriter()
    {
        lock (_lock)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    /// <summary>What a directory's reader left off at; one reader at a time has it. Null: begin anew.</summary>
    public DirectoryStream? TakeStream()
    {
        lock (_lock)
        {
            DirectoryStream? stream = _stream;
            _stream = null;
            return stream;
        }
    }

    public void ReturnStream(DirectoryStream stream)
    {
        lock (_lock)
        {
            (stream, _stream) = (_stream ?? stream, _stream is null ? stream : _stream);
            if (ReferenceEquals(stream, _stream))
            {
                Cache?.Add(this);
                return;
            }
        }

        stream.Dispose();
    }

    /// <summary>Status of the file itself.</summary>
    /// <returns>errno(3); ESTALE when it is not where it was.</returns>
    public unsafe int Stat(out Statx.statx status)
    {
        lock (_lock)
        {
            Statx.statx read;
            byte empty = 0;
            if (_path is not null)
            {
                int error = Libc.stat_at((int)_path.DangerousGetHandle(), &empty, Fcntl.AT_EMPTY_PATH, Statx.STATX_BASIC_STATS, &read) == 0 ? 0 : Marshal.GetLastPInvokeError();
                status = read;
                return error;
            }

            status = default;
            if (_parent is null)
            {
                return Errno.ESTALE;
            }

            using HandleLease parent = _parent.OpenPath();
            if (parent.Error != 0)
            {
                return parent.Error;
            }

            fixed (byte* name = _name)
            {
                if (Libc.stat_at(parent.Fd, name, Fcntl.AT_SYMLINK_NOFOLLOW, Statx.STATX_BASIC_STATS, &read) != 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    return error == Errno.ENOENT ? Errno.ESTALE : error;
                }
            }

            status = read;
            return KeyOf(read) == Key ? 0 : Errno.ESTALE;
        }
    }

    /// <summary>The guest is told this of the file, or has made it so.</summary>
    /// <returns>Whether it knew the same, or nothing.</returns>
    public bool Learn(in Statx.statx status)
    {
        KnownState now = KnownState.Of(status);
        lock (_lock)
        {
            bool same = _known is null || _known == now;
            _known = now;
            return same;
        }
    }

    /// <summary>Gives descriptors up, for the room; keeps what could not be found again.</summary>
    /// <returns>False when it has one that stays.</returns>
    public bool Trim()
    {
        lock (_lock)
        {
            _reader?.Dispose();
            _writer?.Dispose();
            _stream?.Dispose();
            (_reader, _writer, _stream) = (null, null, null);
            if (!_pinned)
            {
                _path?.Dispose();
                _path = null;
            }

            return !_pinned;
        }
    }

    /// <summary>The guest's kernel has forgotten it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _pinned = false;
            _reader?.Dispose();
            _writer?.Dispose();
            _stream?.Dispose();
            _path?.Dispose();
            (_reader, _writer, _stream, _path) = (null, null, null, null);
        }
    }

    /// <summary>Preconditions: under the lock.</summary>
    private unsafe int Locate(out SafeFileHandle? found)
    {
        found = null;
        if (_parent is null)
        {
            return Errno.ESTALE;
        }

        using HandleLease parent = _parent.OpenPath();
        if (parent.Error != 0)
        {
            return parent.Error;
        }

        int fd;
        fixed (byte* name = _name)
        {
            fd = Libc.open_at(parent.Fd, name, PathFlags, 0);
        }

        if (fd < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            return error == Errno.ENOENT ? Errno.ESTALE : error;
        }

        Statx.statx status;
        byte empty = 0;
        if (Libc.stat_at(fd, &empty, Fcntl.AT_EMPTY_PATH, Statx.STATX_BASIC_STATS, &status) != 0 || KeyOf(status) != Key || KindOf(status) != kind)
        {
            _ = Libc.close(fd);
            return Errno.ESTALE;
        }

        found = new SafeFileHandle(fd, ownsHandle: true);
        return 0;
    }

    /// <summary>Preconditions: under the lock.</summary>
    private unsafe int Reopen(int access, out SafeFileHandle? opened)
    {
        opened = null;
        using HandleLease path = OpenPath();
        if (path.Error != 0)
        {
            return path.Error;
        }

        byte* name = stackalloc byte[DescriptorPath.Bytes];
        DescriptorPath.Write(path.Fd, name);
        int fd = Libc.open_at(Fcntl.AT_FDCWD, name, access | DataFlags, 0);
        if (fd < 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        opened = new SafeFileHandle(fd, ownsHandle: true);
        return 0;
    }
}
