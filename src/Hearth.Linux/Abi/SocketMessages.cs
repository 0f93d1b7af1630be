using System.Runtime.InteropServices;

namespace Hearth.Linux.Abi;

/// <summary>bits/socket.h (socket(7), cmsg(3), unix(7)); x86-64 layouts.</summary>
internal static class SocketMessages
{
    internal const int SOL_SOCKET = 1;
    internal const int SCM_RIGHTS = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_ERROR = 4;
    internal const int SO_LINGER = 13;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int SOCK_SEQPACKET = 5;
    internal const int SHUT_WR = 1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct linger
    {
        internal int l_onoff;
        internal int l_linger;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct iovec
    {
        internal nint iov_base;
        internal nuint iov_len;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct msghdr
    {
        internal nint msg_name;
        internal uint msg_namelen;
        internal nint msg_iov;
        internal nuint msg_iovlen;
        internal nint msg_control;
        internal nuint msg_controllen;
        internal int msg_flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct cmsghdr
    {
        internal nuint cmsg_len;
        internal int cmsg_level;
        internal int cmsg_type;
    }
}
