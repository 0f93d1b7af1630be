using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Sockets;

/// <summary>Hands open descriptors to the process at the other end of a Unix socket (unix(7), SCM_RIGHTS).</summary>
public static class DescriptorPassing
{
    /// <summary>Sends bytes and, with the first of them, a descriptor. The receiver gets a copy of its own.</summary>
    /// <exception cref="ErrnoException">The peer is gone, or takes none.</exception>
    public static unsafe void Send(Socket socket, ReadOnlySpan<byte> bytes, SafeHandle descriptor)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            // A header and one int, padded to the header's alignment: CMSG_SPACE(sizeof(int)) and CMSG_LEN(sizeof(int)).
            int length = sizeof(SocketMessages.cmsghdr) + sizeof(int);
            byte* control = stackalloc byte[sizeof(SocketMessages.cmsghdr) + sizeof(long)];
            *(SocketMessages.cmsghdr*)control = new() { cmsg_len = (nuint)length, cmsg_level = SocketMessages.SOL_SOCKET, cmsg_type = SocketMessages.SCM_RIGHTS };
            *(long*)(control + sizeof(SocketMessages.cmsghdr)) = (int)descriptor.DangerousGetHandle();

            // SAFETY: everything that the message points to is pinned or on this stack until sendmsg returns.
            fixed (byte* start = bytes)
            {
                SocketMessages.iovec part = new() { iov_base = (nint)start, iov_len = (nuint)bytes.Length };
                SocketMessages.msghdr message = new()
                {
                    msg_iov = (nint)(&part),
                    msg_iovlen = 1,
                    msg_control = (nint)control,
                    msg_controllen = (nuint)(sizeof(SocketMessages.cmsghdr) + sizeof(long)),
                };
                nint sent;
                do
                {
                    sent = Libc.sendmsg((int)socket.Handle, &message, SocketMessages.MSG_NOSIGNAL);
                }
                while (sent < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
                if (sent != bytes.Length)
                {
                    throw ErrnoException.FromLastError("sendmsg", "a descriptor");
                }
            }
        }
        finally
        {
            if (held)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>Receives bytes and the descriptor that came with them, which is closed on exec from its first moment.</summary>
    /// <param name="socket">Blocking; its <see cref="Socket.ReceiveTimeout"/> bounds the wait.</param>
    /// <param name="buffer">Takes the bytes; what is longer than it is lost on a socket that keeps messages apart.</param>
    /// <param name="descriptor">Null when none came with them.</param>
    /// <returns>How many bytes; 0 at the end.</returns>
    /// <exception cref="ErrnoException">EAGAIN when the wait took too long; EMFILE cannot be told: the descriptor is missing then.</exception>
    public static unsafe int Receive(Socket socket, Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        byte* control = stackalloc byte[sizeof(SocketMessages.cmsghdr) + sizeof(long)];

        // SAFETY: everything that the message points to is pinned or on this stack until recvmsg returns.
        fixed (byte* start = buffer)
        {
            SocketMessages.iovec part = new() { iov_base = (nint)start, iov_len = (nuint)buffer.Length };
            SocketMessages.msghdr message = new()
            {
                msg_iov = (nint)(&part),
                msg_iovlen = 1,
                msg_control = (nint)control,
                msg_controllen = (nuint)(sizeof(SocketMessages.cmsghdr) + sizeof(long)),
            };
            nint got;
            do
            {
                got = Libc.recvmsg((int)socket.Handle, &message, SocketMessages.MSG_CMSG_CLOEXEC);
            }
            while (got < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
            if (got < 0)
            {
                throw ErrnoException.FromLastError("recvmsg", "a descriptor");
            }

            var header = (SocketMessages.cmsghdr*)control;
            bool came = message.msg_controllen >= (nuint)(sizeof(SocketMessages.cmsghdr) + sizeof(int))
                && header->cmsg_level == SocketMessages.SOL_SOCKET && header->cmsg_type == SocketMessages.SCM_RIGHTS;
            descriptor = came ? new SafeFileHandle(*(int*)(control + sizeof(SocketMessages.cmsghdr)), ownsHandle: true) : null;
            return (int)got;
        }
    }

    /// <summary>Makes a socket of a descriptor that is one, and takes it over.</summary>
    /// <exception cref="SocketException">It is none.</exception>
    public static Socket ToSocket(SafeFileHandle descriptor)
    {
        Socket socket = new(new SafeSocketHandle(descriptor.DangerousGetHandle(), ownsHandle: true));
        descriptor.SetHandleAsInvalid();
        return socket;
    }
}
