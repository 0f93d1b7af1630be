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
            SocketMessages.cmsg_one_descriptor control = new()
            {
                // CMSG_LEN(sizeof(int)): the header without the padding behind the number.
                cmsg_len = (nuint)sizeof(SocketMessages.cmsg_one_descriptor) - sizeof(int),
                cmsg_level = SocketMessages.SOL_SOCKET,
                cmsg_type = SocketMessages.SCM_RIGHTS,
                descriptor = (int)descriptor.DangerousGetHandle(),
            };

            // SAFETY: everything that the message points to is pinned or on this stack until sendmsg returns.
            fixed (byte* start = bytes)
            {
                SocketMessages.iovec part = new() { iov_base = start, iov_len = (nuint)bytes.Length };
                SocketMessages.msghdr message = new()
                {
                    msg_iov = &part,
                    msg_iovlen = 1,
                    msg_control = &control,
                    msg_controllen = (nuint)sizeof(SocketMessages.cmsg_one_descriptor),
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
