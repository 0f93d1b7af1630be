using System.Runtime.InteropServices;
using Hearth.Linux.Abi;

namespace Hearth.Linux;

/// <summary>Imports for messages on sockets.</summary>
internal static partial class Libc
{
    // ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags);
    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint sendmsg(int sockfd, SocketMessages.msghdr* msg, int flags);
}
