using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux;

/// <summary>Imports for messages on sockets.</summary>
internal static partial class Libc
{
    // ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint sendmsg(int sockfd, SocketMessages.msghdr* msg, int flags);

    // ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint recvmsg(int sockfd, SocketMessages.msghdr* msg, int flags);

    // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int connect(SafeFileHandle sockfd, byte* addr, uint addrlen);

    // ssize_t send(int sockfd, const void *buf, size_t len, int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint send(SafeFileHandle sockfd, byte* buf, nuint len, int flags);

    // int shutdown(int sockfd, int how);
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int shutdown(SafeFileHandle sockfd, int how);

    // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int getsockopt(SafeFileHandle sockfd, int level, int optname, void* optval, uint* optlen);

    // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int setsockopt(SafeFileHandle sockfd, int level, int optname, void* optval, uint optlen);
}
