using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Sockets;

/// <summary>
/// A TCP connection for two threads that block, one that reads and one that writes, and anybody who aborts it: both leave their calls at
/// once then. (System.Net.Sockets brings an event loop and thread-pool threads, which a small emulated guest pays for.)
/// </summary>
public sealed class TcpSocket : IDisposable
{
    private readonly SafeFileHandle _socket;

    /// <summary>Its writing end is closed by <see cref="Abort"/>, which every poll sees at the reading end.</summary>
    private readonly SafeFileHandle _aborted;
    private readonly SafeFileHandle _abort;
    private int _isAborted;

    /// <param name="socket">Of this object from now on.</param>
    internal TcpSocket(SafeFileHandle socket)
    {
        _socket = socket;
        Descriptors.SetNonBlocking(_socket);
        (_aborted, _abort) = Descriptors.Pipe();
    }

    /// <summary>Connects, within a bound.</summary>
    /// <exception cref="ErrnoException">What connect(2) said; ETIMEDOUT when the bound is over.</exception>
    public static unsafe TcpSocket Connect(IPEndPoint target, TimeSpan timeout)
    {
        const int TimedOut = 110; // ETIMEDOUT
        TcpSocket socket = new(Create(target.AddressFamily));
        try
        {
            SocketAddress address = target.Serialize();
            int result;
            fixed (byte* start = address.Buffer.Span)
            {
                result = Libc.connect(socket._socket, start, (uint)address.Size);
            }

            int errno = result == 0 ? 0 : Marshal.GetLastPInvokeError();
            if (errno == Errno.EINPROGRESS)
            {
                errno = socket.Wait(Libc.POLLOUT, (int)timeout.TotalMilliseconds) ? socket.TakeError() : TimedOut;
            }

            if (errno != 0)
            {
                throw new ErrnoException("connect", errno, target.ToString());
            }

            int on = 1;
            _ = Libc.setsockopt(socket._socket, InetDiag.IPPROTO_TCP, InetDiag.TCP_NODELAY, &on, sizeof(int)); // Slower without, and no more.
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for bytes; 0 when the peer has ended its direction.</summary>
    /// <exception cref="ErrnoException">The connection is over (ECONNRESET …).</exception>
    /// <exception cref="OperationCanceledException">It was aborted.</exception>
    public unsafe int Read(Span<byte> buffer)
    {
        while (true)
        {
            Wait(Libc.POLLIN);
            nint got;
            fixed (byte* start = buffer)
            {
                got = Libc.read(_socket, start, buffer.Length);
            }

            if (got >= 0)
            {
                return (int)got;
            }

            ThrowUnlessAgain("read");
        }
    }

    /// <summary>Waits for room as often as it takes.</summary>
    /// <exception cref="ErrnoException">The connection is over (EPIPE, ECONNRESET …).</exception>
    /// <exception cref="OperationCanceledException">It was aborted.</exception>
    public unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            nint put;
            fixed (byte* start = buffer)
            {
                put = Libc.send(_socket, start, (nuint)buffer.Length, SocketMessages.MSG_NOSIGNAL);
            }

            if (put >= 0)
            {
                buffer = buffer[(int)put..];
                continue;
            }

            ThrowUnlessAgain("send");
            Wait(Libc.POLLOUT);
        }
    }

    /// <summary>Sends end of file to the peer; reading goes on.</summary>
    /// <exception cref="ErrnoException">The connection is over (ENOTCONN).</exception>
    public void CloseWrite()
    {
        if (Libc.shutdown(_socket, SocketMessages.SHUT_WR) != 0)
        {
            throw ErrnoException.FromLastError("shutdown", "a connection");
        }
    }

    /// <summary>Ends the calls under way; the peer gets a reset when this is disposed.</summary>
    public unsafe void Abort()
    {
        if (Interlocked.Exchange(ref _isAborted, 1) != 0)
        {
            return;
        }

        try
        {
            SocketMessages.linger reset = new() { l_onoff = 1 };
            _ = Libc.setsockopt(_socket, SocketMessages.SOL_SOCKET, SocketMessages.SO_LINGER, &reset, (uint)sizeof(SocketMessages.linger)); // Else it ends in order.
        }
        catch (ObjectDisposedException)
        {
            // It was over.
        }

        _abort.Dispose();
    }

    /// <remarks>Preconditions: no call is under way.</remarks>
    public void Dispose()
    {
        _socket.Dispose();
        _aborted.Dispose();
        _abort.Dispose();
    }

    internal static SafeFileHandle Create(AddressFamily family)
    {
        int number = family == AddressFamily.InterNetworkV6 ? InetDiag.AF_INET6 : InetDiag.AF_INET;
        int fd = Libc.socket(number, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw ErrnoException.FromLastError("socket", "TCP");
    }

    private static void ThrowUnlessAgain(string call)
    {
        int errno = Marshal.GetLastPInvokeError();
        if (errno is not (Errno.EAGAIN or Errno.EINTR))
        {
            throw new ErrnoException(call, errno, "a connection");
        }
    }

    private unsafe int TakeError()
    {
        int error = 0;
        uint length = sizeof(int);
        return Libc.getsockopt(_socket, SocketMessages.SOL_SOCKET, SocketMessages.SO_ERROR, &error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    /// <summary>False when the time is over.</summary>
    private unsafe bool Wait(short what, int timeoutMilliseconds = -1)
    {
        Libc.PollEntry* entries = stackalloc Libc.PollEntry[2];
        entries[0] = new() { fd = (int)_socket.DangerousGetHandle(), events = what };
        entries[1] = new() { fd = (int)_aborted.DangerousGetHandle(), events = Libc.POLLIN };
        int ready;
        while ((ready = Libc.poll(entries, 2, timeoutMilliseconds)) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                throw ErrnoException.FromLastError("poll", "a connection");
            }
        }

        return entries[1].revents == 0 ? ready > 0 : throw new OperationCanceledException("The connection was aborted.");
    }
}
