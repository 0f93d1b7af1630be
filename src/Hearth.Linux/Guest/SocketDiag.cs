using System.Net;
using System.Runtime.InteropServices;
using Hearth.Linux.Abi;
using Hearth.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Linux.Guest;

// Theory of operation
//
// A guest that goes on from a saved state has connections whose peers have forgotten them, or go on with the original. The
// kernel would find out by timeouts, minutes later; SOCK_DESTROY (sock_diag(7), Linux 4.5, CONFIG_INET_DIAG_DESTROY) ends
// them now, and whoever waits on one gets ECONNABORTED. Steps: read in /proc how many sockets there are, and what they are if
// there are some → dump the TCP sockets of each family that has connections → choose → destroy each by its id and cookie →
// read the acknowledgement. The count comes first because it is at hand, while the tables are searched bucket by bucket:
// 15 ms on a host with 24 GiB.
//
// The kernel sends a reset to the peer of a connection that it destroys. Precondition: nothing that this guest sends leaves
// it yet, or the reset would end the original's connection, which has the same addresses and ports.

/// <summary>TCP connections of the calling thread's network namespace.</summary>
public sealed class SocketDiag : IDisposable
{
    /// <summary>The most that the kernel puts into one datagram of a dump (net/netlink/af_netlink.c).</summary>
    private const int DatagramBytes = 32 << 10;

    private static readonly SocketFamily[] s_families =
    [
        new(InetDiag.AF_INET, "/proc/thread-self/net/sockstat", [.. "TCP: inuse "u8], "/proc/thread-self/net/tcp"),
        new(InetDiag.AF_INET6, "/proc/thread-self/net/sockstat6", [.. "TCP6: inuse "u8], "/proc/thread-self/net/tcp6"),
    ];

    private readonly DescriptorStream _socket;
    private uint _sequence;

    private SocketDiag()
    {
        int fd = Libc.socket(Netlink.AF_NETLINK, 2 | Libc.SOCK_CLOEXEC, Netlink.NETLINK_SOCK_DIAG); // SOCK_DGRAM
        _socket = fd >= 0 ? new DescriptorStream(new SafeFileHandle(fd, ownsHandle: true)) : throw ErrnoException.FromLastError("socket", "the kernel's table of sockets");
    }

    /// <summary>Whether there is any connection at all; needs neither netlink nor a module.</summary>
    public static bool HasConnections() => s_families.Any(HasConnections);

    /// <summary>
    /// Ends every TCP connection that leaves this machine: those to loopback, between two sockets of this machine and to
    /// <paramref name="spared"/> stay, as do listeners.
    /// </summary>
    /// <returns>How many were ended.</returns>
    /// <exception cref="ErrnoException">The kernel cannot (ENOENT: tcp_diag is missing; EOPNOTSUPP: CONFIG_INET_DIAG_DESTROY is), or may not (EPERM).</exception>
    /// <exception cref="InvalidDataException">It answered what makes no sense.</exception>
    public static int DestroyForeign(IReadOnlyList<IPAddress> spared)
    {
        int[] families = [.. s_families.Where(HasConnections).Select(static f => f.Family)];
        if (families.Length == 0)
        {
            return 0;
        }

        using SocketDiag diag = new();
        List<TcpConnection> all = [];
        foreach (int family in families)
        {
            diag.Dump(family, all);
        }

        return TcpConnection.Foreign(all, spared).Count(diag.Destroy);
    }

    public void Dispose() => _socket.Dispose();

    /// <summary><c>TCP: inuse 2 orphan 0 …</c>: sockets of any state but TIME_WAIT.</summary>
    /// <param name="text">A file of counts, each protocol on a line.</param>
    /// <param name="count">The beginning of the line, up to the number.</param>
    internal static bool CountsSockets(ReadOnlySpan<byte> text, ReadOnlySpan<byte> count)
    {
        int at = text.IndexOf(count);
        return at >= 0 && (at == 0 || text[at - 1] == (byte)'\n') && at + count.Length < text.Length && text[at + count.Length] != (byte)'0';
    }

    /// <summary>The fourth word of every line but the first is the state (proc(5)).</summary>
    internal static bool IsConnection(string line)
    {
        string[] words = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 3
            && int.TryParse(words[3], System.Globalization.NumberStyles.AllowHexSpecifier, null, out int state)
            && state is not (InetDiag.TCP_LISTEN or InetDiag.TCP_TIME_WAIT or InetDiag.TCP_CLOSE);
    }

    private static bool HasConnections(SocketFamily family) => CountsSockets(family) && File.ReadLines(family.Table).Skip(1).Any(IsConnection);

    /// <summary>
    /// Without streams and strings: each piece of code that a restored guest runs for the first time is translated anew under
    /// emulation, and those cost it 10 ms. A kernel without IPv6 has not its file.
    /// </summary>
    private static bool CountsSockets(SocketFamily family)
    {
        try
        {
            using DescriptorStream file = new(Descriptors.OpenRead(family.Counts));
            Span<byte> text = stackalloc byte[1024];
            return CountsSockets(text[..file.Read(text)], family.Count);
        }
        catch (ErrnoException e) when (e.Errno == Errno.ENOENT)
        {
            return false;
        }
    }

    private void Dump(int family, List<TcpConnection> into)
    {
        InetDiag.inet_diag_req_v2 request = new() { sdiag_family = (byte)family, sdiag_protocol = InetDiag.IPPROTO_TCP, idiag_states = ~(1u << InetDiag.TCP_LISTEN) };
        Send(InetDiag.SOCK_DIAG_BY_FAMILY, Netlink.NLM_F_REQUEST | Netlink.NLM_F_DUMP, request);
        byte[] datagram = new byte[DatagramBytes];
        while (true)
        {
            NetlinkMessages messages = new(datagram.AsSpan(0, _socket.Read(datagram)));
            while (messages.MoveNext())
            {
                if (messages.Type == Netlink.NLMSG_ERROR && messages.ReadError() is var errno and not 0)
                {
                    throw new ErrnoException("SOCK_DIAG_BY_FAMILY", errno, "TCP");
                }

                if (messages.Type == Netlink.NLMSG_DONE)
                {
                    return;
                }

                if (messages.Type == InetDiag.SOCK_DIAG_BY_FAMILY)
                {
                    into.Add(TcpConnection.Parse(messages.Payload));
                }
            }
        }
    }

    /// <summary>False when the connection was gone already, or is a remnant that no process has and that this kernel leaves to its timer.</summary>
    private bool Destroy(TcpConnection connection)
    {
        InetDiag.inet_diag_req_v2 request = new()
        {
            sdiag_family = (byte)connection.Family,
            sdiag_protocol = InetDiag.IPPROTO_TCP,
            idiag_states = 1u << connection.State,
            id = connection.Id,
        };
        Send(InetDiag.SOCK_DESTROY, Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK, request);
        int errno = ReadAcknowledgement();

        // A FIN_WAIT2 without a process may be a TIME_WAIT in disguise (tw_substate), which 6.1 does not destroy.
        bool remnant = errno == Errno.EOPNOTSUPP && connection is { State: InetDiag.TCP_FIN_WAIT2, Inode: 0 };
        return errno == 0 || (errno is Errno.ENOENT or Errno.ESTALE || remnant ? false : throw new ErrnoException("SOCK_DESTROY", errno, "a TCP connection"));
    }

    private int ReadAcknowledgement()
    {
        byte[] datagram = new byte[DatagramBytes];
        while (true)
        {
            NetlinkMessages messages = new(datagram.AsSpan(0, _socket.Read(datagram)));
            while (messages.MoveNext())
            {
                if (messages.Type == Netlink.NLMSG_ERROR && messages.Sequence == _sequence)
                {
                    return messages.ReadError();
                }
            }
        }
    }

    private unsafe void Send(ushort type, int flags, in InetDiag.inet_diag_req_v2 request)
    {
        int length = sizeof(Netlink.nlmsghdr) + sizeof(InetDiag.inet_diag_req_v2);
        Span<byte> message = stackalloc byte[length];
        Netlink.nlmsghdr header = new() { nlmsg_len = (uint)length, nlmsg_type = type, nlmsg_flags = (ushort)flags, nlmsg_seq = ++_sequence };
        MemoryMarshal.Write(message, in header);
        MemoryMarshal.Write(message[sizeof(Netlink.nlmsghdr)..], in request);
        _socket.Write(message);
    }

    /// <param name="Family">Address family.</param>
    /// <param name="Counts">Where the sockets are counted.</param>
    /// <param name="Count">How the line of the count begins.</param>
    /// <param name="Table">Where they are listed.</param>
    private sealed record SocketFamily(int Family, string Counts, byte[] Count, string Table);
}
