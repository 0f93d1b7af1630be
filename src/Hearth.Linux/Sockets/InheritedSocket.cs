using System.Net.Sockets;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Sockets;

/// <summary>
/// One end of a socket pair (socketpair(2)) for this process, the other as a descriptor that children started from now on
/// inherit. Dispose as soon as the child runs.
/// </summary>
public sealed class InheritedSocket : IDisposable
{
    private readonly SafeFileHandle _childEnd;
    private Socket? _local;

    private InheritedSocket(Socket local, SafeFileHandle childEnd)
    {
        _local = local;
        _childEnd = childEnd;
    }

    /// <summary>The number that the child knows its end by.</summary>
    public int ChildFd => (int)_childEnd.DangerousGetHandle();

    /// <summary>Hands this process's end to a new owner.</summary>
    public Socket TakeLocal()
    {
        Socket local = _local ?? throw new InvalidOperationException("The local end was taken.");
        _local = null;
        return local;
    }

    /// <summary>A pair that carries a stream of bytes.</summary>
    public static InheritedSocket Create() => Create(Libc.SOCK_STREAM);

    /// <summary>A pair that keeps messages apart (SOCK_SEQPACKET).</summary>
    public static InheritedSocket CreatePackets() => Create(SocketMessages.SOCK_SEQPACKET);

    /// <summary>In the child: the end that it inherited under that number, which its own children do not.</summary>
    /// <exception cref="IOException">There is no such socket.</exception>
    public static Socket Take(int childFd)
    {
        if (Libc.fcntl(childFd, Libc.F_SETFD, Libc.FD_CLOEXEC) != 0)
        {
            throw ErrnoException.FromLastError("fcntl", $"descriptor {childFd}");
        }

        try
        {
            return new Socket(new SafeSocketHandle(childFd, ownsHandle: true));
        }
        catch (SocketException e)
        {
            throw new IOException($"Descriptor {childFd} is no socket.", e);
        }
    }

    private static unsafe InheritedSocket Create(int type)
    {
        int* pair = stackalloc int[2];

        // SAFETY: the kernel writes two ints into the two that were just allocated.
        if (Libc.socketpair(Libc.AF_UNIX, type | Libc.SOCK_CLOEXEC, 0, pair) != 0)
        {
            throw ErrnoException.FromLastError("socketpair", "AF_UNIX");
        }

        Socket local = new(new SafeSocketHandle(pair[0], ownsHandle: true));
        SafeFileHandle child = new(pair[1], ownsHandle: true);
        if (Libc.fcntl(pair[1], Libc.F_SETFD, 0) != 0)
        {
            throw ErrnoException.FromLastError("fcntl", "F_SETFD");
        }

        return new InheritedSocket(local, child);
    }

    public void Dispose()
    {
        _childEnd.Dispose();
        _local?.Dispose();
    }
}
