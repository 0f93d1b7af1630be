using System.Net.Sockets;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Sockets;

/// <summary>Hands an open descriptor to the process at the other end of a Unix socket (unix(7), SCM_RIGHTS).</summary>
public static class DescriptorPassing
{
    /// <summary>Sends bytes and, with the first of them, a descriptor. The receiver gets a copy of its own.</summary>
    /// <exception cref="ErrnoException">The peer is gone, or takes none.</exception>
    public static unsafe void Send(Socket socket, ReadOnlySpan<byte> bytes, SafeFileHandle descriptor)
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
                while (sent < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == Errno.EINTR);
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
}
