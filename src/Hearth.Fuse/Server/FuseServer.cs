using System.Diagnostics;
using System.Runtime.InteropServices;
using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Linux;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Server;

// Theory of operation
//
// Bytes in, bytes out: a message as the guest's kernel wrote it, and the answer as that kernel reads it. The server has no threads
// and no queue; whoever has a message calls Handle on a prepared thread, as many at once as he likes. Who may do what is decided
// by the guest's kernel (default_permissions is implied by the access control lists that are negotiated, and set by the mount);
// here it is decided what the tree is and that nothing leaves it.
//
// Files are not opened: the answer to OPEN is "no such call", once, and the kernel never asks again (FUSE_NO_OPEN_SUPPORT).
// Requests name the node, and its descriptors are opened when they are needed. So reading a file costs its reads and nothing else.

/// <summary>Serves one directory, or one file, of the host to one FUSE connection.</summary>
public sealed partial class FuseServer : IDisposable
{
    private const uint KeepCache = 2; // FOPEN_KEEP_CACHE

    private readonly ShareOptions _options;
    private readonly HandleCache _cache;
    private readonly NodeTable _nodes;
    private readonly Node _root;

    /// <exception cref="ErrnoException">There is nothing of that name, or it cannot be seen.</exception>
    public unsafe FuseServer(ShareOptions options)
    {
        _options = options;
        _cache = new HandleCache(options.MaxHandles);
        _nodes = new NodeTable(options.MaxNodes, _cache);
        int fd = Libc.open_path(options.Path, Fcntl.O_PATH | Fcntl.O_CLOEXEC);
        SafeFileHandle path = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("open", options.Path);
        Statx.statx status;
        byte empty = 0;
        if (Libc.stat_at(fd, &empty, Fcntl.AT_EMPTY_PATH, Statx.STATX_BASIC_STATS, &status) != 0)
        {
            ErrnoException failure = ErrnoException.FromLastError("statx", options.Path);
            path.Dispose();
            throw failure;
        }

        _root = _nodes.AddRoot(path, status);
    }

    /// <summary>The longest message that a kernel may send.</summary>
    public int MaxRequestBytes => _options.MaxTransferBytes + FuseNumbers.FUSE_MIN_READ_BUFFER;

    /// <summary>The longest answer.</summary>
    public int MaxReplyBytes => _options.MaxTransferBytes + FuseReply.HeaderBytes;

    /// <summary>Files that the guest knows.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>Those of them that have descriptors here.</summary>
    public int HandleCount => _cache.Count;

    public OperationCounters Counters { get; } = new();

    /// <summary>It is one file that is served; the guest mounts it over a file.</summary>
    public bool IsFile => !_root.IsDirectory;

    /// <summary>Serves one message.</summary>
    /// <param name="message">As read from /dev/fuse.</param>
    /// <param name="answer">Room for <see cref="MaxReplyBytes"/>.</param>
    /// <returns>Bytes of the answer, to be written to /dev/fuse as they are; 0 when the kernel expects none; -1 when the message is not one.</returns>
    public int Handle(ReadOnlySpan<byte> message, Span<byte> answer)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request))
        {
            return -1;
        }

        FuseOperation operation = (FuseOperation)request.Header.opcode;
        long began = Stopwatch.GetTimestamp();
        if (operation is FuseOperation.Forget or FuseOperation.BatchForget)
        {
            Forget(operation, ref request);
            Counters.Add(operation, failed: false, Stopwatch.GetTimestamp() - began);
            return 0;
        }

        FuseReply reply = new(answer);
        int error = Serve(operation, ref request, ref reply);
        _cache.MakeRoom();
        Counters.Add(operation, error != 0, Stopwatch.GetTimestamp() - began);
        return FuseReply.Finish(answer, request.Header.unique, error, reply.Length);
    }

    /// <summary>Nobody serves or watches any more.</summary>
    public void Dispose()
    {
        foreach (Node node in _nodes.All().Where(static node => node.Watch is not null))
        {
            _watch?.Remove(node);
        }

        _nodes.Close();
        _root.Dispose();
    }

    private int Serve(FuseOperation operation, ref FuseRequest request, ref FuseReply reply)
    {
        if (operation == FuseOperation.Init)
        {
            return Init(ref request, ref reply);
        }

        if (operation is FuseOperation.Destroy or FuseOperation.Release or FuseOperation.ReleaseDir)
        {
            return 0;
        }

        if (_nodes.Find(request.Header.nodeid) is not { } node)
        {
            return Errno.ESTALE;
        }

        if (_options.ReadOnly && IsChange(operation))
        {
            return Errno.EROFS;
        }

        return operation switch
        {
            FuseOperation.Lookup => Lookup(node, ref request, ref reply),
            FuseOperation.GetAttr => GetAttributes(node, ref reply, isOwn: false),
            FuseOperation.SetAttr => SetAttributes(node, ref request, ref reply),
            FuseOperation.Read => Read(node, ref request, ref reply),
            FuseOperation.Write => Write(node, ref request, ref reply),
            FuseOperation.ReadDir => ReadDirectory(node, ref request, ref reply, plus: false),
            FuseOperation.ReadDirPlus => ReadDirectory(node, ref request, ref reply, plus: true),
            FuseOperation.Create => Create(node, ref request, ref reply),
            FuseOperation.Flush => Flush(node),
            FuseOperation.ReadLink => ReadLink(node, ref reply),
            FuseOperation.SymLink => MakeSymbolicLink(node, ref request, ref reply),
            FuseOperation.MkNod => MakeNode(node, ref request, ref reply),
            FuseOperation.MkDir => MakeDirectory(node, ref request, ref reply),
            FuseOperation.Unlink => Remove(node, ref request, 0),
            FuseOperation.RmDir => Remove(node, ref request, Fcntl.AT_REMOVEDIR),
            FuseOperation.Rename or FuseOperation.Rename2 => Rename(node, ref request, operation == FuseOperation.Rename2),
            FuseOperation.Link => Link(node, ref request, ref reply),
            FuseOperation.TmpFile => MakeUnnamed(node, ref request, ref reply),
            FuseOperation.StatFs => StatFileSystem(node, ref reply),
            FuseOperation.FSync => Sync(node, ref request),
            FuseOperation.FSyncDir => SyncDirectory(node),
            FuseOperation.SyncFs => SyncFileSystem(node),
            FuseOperation.SetXAttr => SetAttribute(node, ref request),
            FuseOperation.GetXAttr => GetAttribute(node, ref request, ref reply),
            FuseOperation.ListXAttr => ListAttributes(node, ref request, ref reply),
            FuseOperation.RemoveXAttr => RemoveAttribute(node, ref request),
            FuseOperation.FAllocate => Allocate(node, ref request),
            FuseOperation.LSeek => Seek(node, ref request, ref reply),
            FuseOperation.CopyFileRange => CopyRange(node, ref request, ref reply),
            _ => Errno.ENOSYS, // OPEN and OPENDIR among them: see above.
        };
    }

    private static bool IsChange(FuseOperation operation) => operation is FuseOperation.SetAttr or FuseOperation.Write or FuseOperation.Create or FuseOperation.SymLink
        or FuseOperation.MkNod or FuseOperation.MkDir or FuseOperation.Unlink or FuseOperation.RmDir or FuseOperation.Rename or FuseOperation.Rename2 or FuseOperation.Link
        or FuseOperation.TmpFile or FuseOperation.SetXAttr or FuseOperation.RemoveXAttr or FuseOperation.FAllocate or FuseOperation.CopyFileRange;

    private int Init(ref FuseRequest request, ref FuseReply reply)
    {
        const int LeastBytes = 16;
        const uint Wanted = FuseNumbers.FUSE_ASYNC_READ | FuseNumbers.FUSE_BIG_WRITES | FuseNumbers.FUSE_DONT_MASK | FuseNumbers.FUSE_EXPLICIT_INVAL_DATA
            | FuseNumbers.FUSE_DO_READDIRPLUS | FuseNumbers.FUSE_ASYNC_DIO | FuseNumbers.FUSE_NO_OPEN_SUPPORT
            | FuseNumbers.FUSE_PARALLEL_DIROPS | FuseNumbers.FUSE_ABORT_ERROR | FuseNumbers.FUSE_MAX_PAGES | FuseNumbers.FUSE_CACHE_SYMLINKS
            | FuseNumbers.FUSE_NO_OPENDIR_SUPPORT | FuseNumbers.FUSE_HANDLE_KILLPRIV_V2 | FuseNumbers.FUSE_SETXATTR_EXT;
        if (!request.TryTakeShort(LeastBytes, out FuseMessages.fuse_init_in asked) || asked.major != FuseNumbers.FUSE_KERNEL_VERSION)
        {
            return Errno.EINVAL;
        }

        // Access control lists name users: of a mapped tree they would name the wrong ones.
        uint flags = asked.flags & (_options.Owners.IsMapped ? Wanted : Wanted | FuseNumbers.FUSE_POSIX_ACL);
        _extendedSetAttribute = (flags & FuseNumbers.FUSE_SETXATTR_EXT) != 0;
        reply.Add(new FuseMessages.fuse_init_out
        {
            major = FuseNumbers.FUSE_KERNEL_VERSION,
            minor = Math.Min(asked.minor, ProtocolMinor),
            max_readahead = asked.max_readahead,
            flags = flags,
            max_background = MaxBackground,
            congestion_threshold = MaxBackground * 3 / 4,
            max_write = (uint)_options.MaxTransferBytes,
            time_gran = 1,
            max_pages = (ushort)(_options.MaxTransferBytes / PageBytes),
        });
        return 0;
    }

    private const uint ProtocolMinor = 38;
    private const ushort MaxBackground = 64;
    private const int PageBytes = 4096;

    private bool _extendedSetAttribute;

    private void Forget(FuseOperation operation, ref FuseRequest request)
    {
        if (operation == FuseOperation.Forget)
        {
            if (request.TryTake(out ulong times))
            {
                Forget(request.Header.nodeid, times);
            }

            return;
        }

        if (request.TryTake(out FuseMessages.fuse_batch_forget_in batch))
        {
            for (uint i = 0; i < batch.count && request.TryTake(out FuseMessages.fuse_forget_one one); i++)
            {
                Forget(one.nodeid, one.nlookup);
            }
        }
    }

    private void Forget(ulong id, ulong times)
    {
        if (_nodes.Forget(id, times) is { Watch: not null } gone)
        {
            _watch?.Remove(gone);
        }
    }

    /// <summary>errno of a call that returned less than 0 when it failed.</summary>
    private static int ErrorOf(long result) => result < 0 ? Marshal.GetLastPInvokeError() : 0;
}
