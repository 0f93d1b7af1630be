using System.Net;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Sockets;

/// <summary>A listening socket for a thread that blocks, and anybody who closes it: see <see cref="TcpSocket"/>.</summary>
public sealed class TcpListenerSocket : IDisposable
{
    private const int Backlog = 128;

    private readonly SafeFileHandle _socket;
    private readonly SafeFileHandle _closed;
    private readonly SafeFileHandle _close;

    private TcpListenerSocket(SafeFileHandle socket)
    {
        _socket = socket;
        Descriptors.SetNonBlocking(socket);
        (_closed, _close) = Descriptors.Pipe();
    }

    /// <summary>Listens.</summary>
    /// <exception cref="ErrnoException">What bind(2) said: EADDRINUSE, EADDRNOTAVAIL …</exception>
    public static unsafe TcpListenerSocket Open(IPEndPoint at)
    {
        SafeFileHandle socket = TcpSocket.Create(at.AddressFamily);
        try
        {
            int fd = (int)socket.DangerousGetHandle();
            int on = 1;
            _ = Libc.setsockopt(socket, SocketMessages.SOL_SOCKET, SocketMessages.SO_REUSEADDR, &on, sizeof(int)); // Connections of a former one do not keep the port.
            SocketAddress address = at.Serialize();
            fixed (byte* start = address.Buffer.Span)
            {
                if (Libc.bind(fd, start, address.Size) != 0)
                {
                    throw ErrnoException.FromLastError("bind", at.ToString());
                }
            }

            return Libc.listen(fd, Backlog) == 0 ? new TcpListenerSocket(socket) : throw ErrnoException.FromLastError("listen", at.ToString());
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a connection; null when this was closed. Closes the socket then: one thread calls this.</summary>
    public TcpSocket? Accept()
    {
        while (Readiness.Wait(_socket, _closed, null, wait: true) is { Second: false })
        {
            int fd = Libc.accept4((int)_socket.DangerousGetHandle(), 0, 0, Libc.SOCK_CLOEXEC);
            if (fd >= 0)
            {
                return new TcpSocket(new SafeFileHandle(fd, ownsHandle: true));
            }

            if (Marshal.GetLastPInvokeError() is not (Errno.EAGAIN or Errno.EINTR or Errno.ECONNABORTED))
            {
                throw ErrnoException.FromLastError("accept4", "a connection");
            }
        }

        _socket.Dispose();
        _closed.Dispose();
        return null;
    }

    /// <summary>Ends <see cref="Accept"/>.</summary>
    public void Dispose() => _close.Dispose();
}
