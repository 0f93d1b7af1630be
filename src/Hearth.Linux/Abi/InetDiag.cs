using System.Runtime.CompilerServices;

namespace Hearth.Linux.Abi;

/// <summary>include/uapi/linux/inet_diag.h and linux/sock_diag.h (sock_diag(7); newest: SOCK_DESTROY, 4.5), and the states of netinet/tcp.h.</summary>
internal static class InetDiag
{
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const ushort SOCK_DIAG_BY_FAMILY = 20;
    internal const ushort SOCK_DESTROY = 21;
    internal const int TCP_ESTABLISHED = 1;
    internal const int TCP_FIN_WAIT2 = 5;
    internal const int TCP_TIME_WAIT = 6;
    internal const int TCP_CLOSE = 7;
    internal const int TCP_LISTEN = 10;

    /// <summary>Ports and addresses in network order; an IPv4 address is the first four bytes.</summary>
    internal struct inet_diag_sockid
    {
        internal ushort idiag_sport;
        internal ushort idiag_dport;
        internal diag_address idiag_src;
        internal diag_address idiag_dst;
        internal uint idiag_if;
        internal diag_cookie idiag_cookie;
    }

    internal struct inet_diag_req_v2
    {
        internal byte sdiag_family;
        internal byte sdiag_protocol;
        internal byte idiag_ext;
        internal byte pad;
        internal uint idiag_states;
        internal inet_diag_sockid id;
    }

    internal struct inet_diag_msg
    {
        internal byte idiag_family;
        internal byte idiag_state;
        internal byte idiag_timer;
        internal byte idiag_retrans;
        internal inet_diag_sockid id;
        internal uint idiag_expires;
        internal uint idiag_rqueue;
        internal uint idiag_wqueue;
        internal uint idiag_uid;
        internal uint idiag_inode;
    }

    /// <summary>__be32[4].</summary>
    [InlineArray(16)]
    internal struct diag_address
    {
        private byte _first;
    }

    /// <summary>__u32[2]; not aligned to eight.</summary>
    [InlineArray(8)]
    internal struct diag_cookie
    {
        private byte _first;
    }
}
