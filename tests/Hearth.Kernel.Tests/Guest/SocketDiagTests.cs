using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hearth.Kernel.Tests.ChildPrograms;
using Hearth.Linux;
using Hearth.Linux.Guest;

namespace Hearth.Kernel.Tests.Guest;

/// <summary>Connections of a namespace that stands for a guest, to one that stands for the outside, over a pair of devices.</summary>
public sealed class SocketDiagTests
{
    private static readonly IPAddress s_gateway = IPAddress.Parse("10.9.0.3"), s_gateway6 = IPAddress.Parse("fd09::3");

    [SkippableFact]
    public void Connections_to_the_outside_end_and_all_others_stay()
    {
        RequireFeatures();
        using NetworkThread guest = new("guest"), outside = new("outside");
        Connect(guest, outside);
        List<Socket> open = [];
        List<Socket> Pair(NetworkThread from, NetworkThread to, string address, string? bind = null, bool dualMode = false) => Open(open, from, to, address, bind, dualMode);

        (Socket Client, Socket Server)[] foreign = [.. new[]
        {
            Pair(guest, outside, "10.9.0.2"), Pair(guest, outside, "fd09::2"), Pair(guest, outside, "10.9.0.2", dualMode: true),
        }.Select(static p => (p[0], p[1]))];
        List<Socket> incoming = Pair(outside, guest, "10.9.0.1", bind: "10.9.0.2"), incoming6 = Pair(outside, guest, "fd09::1", bind: "fd09::2");
        List<Socket>[] kept =
        [
            Pair(guest, guest, "127.0.0.1"), Pair(guest, guest, "127.3.2.1"), Pair(guest, guest, "::1"), Pair(guest, guest, "127.0.0.1", dualMode: true),
            Pair(guest, guest, "10.9.0.1"), Pair(guest, guest, "fd09::1"), Pair(guest, guest, "10.9.0.1", bind: "10.9.0.4"),
            Pair(guest, outside, s_gateway.ToString()), Pair(guest, outside, s_gateway6.ToString()),
        ];
        Socket listener = guest.Run(() => Listen("0.0.0.0"));
        try
        {
            int ended = guest.Run(() => SocketDiag.DestroyForeign([s_gateway, s_gateway6]));

            ended.ShouldBe(5);
            foreach (Socket dead in (Socket[])[.. foreign.Select(static p => p.Client), incoming[1], incoming6[1]])
            {
                Should.Throw<SocketException>(() => dead.Receive(new byte[1])).SocketErrorCode.ShouldBe(SocketError.ConnectionAborted);
            }

            foreach (List<Socket> pair in kept)
            {
                pair[0].Send("x"u8).ShouldBe(1);
                pair[1].Receive(new byte[1]).ShouldBe(1, $"{pair[0].LocalEndPoint} to {pair[0].RemoteEndPoint}");
            }

            using Socket late = guest.Run(() => Dial(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port), null, false));
            using Socket accepted = listener.Accept();
            accepted.Connected.ShouldBeTrue();
        }
        finally
        {
            listener.Dispose();
            open.ForEach(static s => s.Dispose());
        }
    }

    [SkippableFact]
    public void A_connection_that_is_not_there_yet_ends_too()
    {
        RequireFeatures();
        using NetworkThread guest = new("guest"), outside = new("outside");
        Connect(guest, outside);

        // Nobody has the address, and the neighbour entry keeps the kernel from finding that out: SYN_SENT.
        guest.Ip("neigh add 10.9.0.77 lladdr 02:00:00:00:00:77 dev guest0");
        using Socket socket = guest.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
        guest.Run(() => Should.Throw<SocketException>(() => socket.Connect(IPAddress.Parse("10.9.0.77"), 80))).SocketErrorCode.ShouldBe(SocketError.WouldBlock);

        guest.Run(static () => SocketDiag.HasConnections()).ShouldBeTrue();
        guest.Run(static () => SocketDiag.DestroyForeign([])).ShouldBe(1);

        guest.Run(static () => SocketDiag.HasConnections()).ShouldBeFalse();
    }

    [SkippableFact]
    public void Many_connections_do_not_fit_one_datagram_and_all_end()
    {
        const int Count = 300;
        RequireFeatures();
        using NetworkThread guest = new("guest"), outside = new("outside");
        Connect(guest, outside);
        List<Socket> open = [];
        try
        {
            Socket listener = outside.Run(() => Listen("10.9.0.2", Count));
            open.Add(listener);
            for (int i = 0; i < Count; i++)
            {
                open.Add(guest.Run(() => Dial((IPEndPoint)listener.LocalEndPoint!, null, false)));
            }

            guest.Run(static () => SocketDiag.DestroyForeign([])).ShouldBe(Count);
            guest.Run(static () => SocketDiag.DestroyForeign([])).ShouldBe(0);
        }
        finally
        {
            open.ForEach(static s => s.Dispose());
        }
    }

    [SkippableFact]
    public void A_listener_alone_is_no_connection()
    {
        Child.RequireRoot();
        Skip.IfNot(NetworkThread.HasTools, "ip(8) is not installed");
        using NetworkThread guest = new("guest");
        using Socket listener = guest.Run(static () => Listen("0.0.0.0"));

        guest.Run(static () => SocketDiag.HasConnections()).ShouldBeFalse();
        guest.Run(static () => SocketDiag.DestroyForeign([])).ShouldBe(0);
    }

    [SkippableFact]
    public void A_guest_without_sockets_is_not_kept_waiting()
    {
        Child.RequireRoot();
        Skip.IfNot(NetworkThread.HasTools, "ip(8) is not installed");
        using NetworkThread guest = new("guest");
        guest.Run(static () => SocketDiag.DestroyForeign([])).ShouldBe(0);

        // The shortest of many: what it takes, and not what a busy host makes of it. The tables would take milliseconds.
        guest.Run(static () => Enumerable.Range(0, 50).Min(static _ => TimeOf(static () => SocketDiag.HasConnections()))).ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
    }

    private static TimeSpan TimeOf(Func<bool> look)
    {
        long start = Stopwatch.GetTimestamp();
        look().ShouldBeFalse();
        return Stopwatch.GetElapsedTime(start);
    }

    private static void RequireFeatures()
    {
        Child.RequireRoot();
        Skip.IfNot(NetworkThread.HasTools, "ip(8) is not installed");
        Skip.IfNot(File.Exists("/proc/net/tcp6"), "this host has no IPv6");
        using NetworkThread probe = new("probe");
        try
        {
            using Socket socket = probe.Run(static () => Listen("127.0.0.1"));
            using Socket client = probe.Run(() => Dial((IPEndPoint)socket.LocalEndPoint!, null, false));
            _ = probe.Run(static () => SocketDiag.DestroyForeign([]));
        }
        catch (ErrnoException e)
        {
            Skip.If(true, $"this host's kernel has no tcp_diag: {e.Message}");
        }
    }

    private static void Connect(NetworkThread guest, NetworkThread outside)
    {
        guest.Ip("link add guest0 type veth peer name outside0");
        guest.Ip($"link set outside0 netns {outside.ThreadId}");
        foreach ((NetworkThread side, string device, int[] numbers) in (ReadOnlySpan<(NetworkThread, string, int[])>)[(guest, "guest0", [1, 4]), (outside, "outside0", [2, 3])])
        {
            foreach (int number in numbers)
            {
                side.Ip($"address add 10.9.0.{number}/24 dev {device}");
                side.Ip($"-6 address add fd09::{number}/64 dev {device} nodad");
            }

            side.Ip($"link set {device} up");
        }
    }

    private static List<Socket> Open(List<Socket> open, NetworkThread from, NetworkThread to, string address, string? bind, bool dualMode)
    {
        using Socket listener = to.Run(() => Listen(address));
        IPEndPoint end = (IPEndPoint)listener.LocalEndPoint!;
        Socket client = from.Run(() => Dial(end, bind, dualMode));
        Socket server = listener.Accept();
        client.ReceiveTimeout = server.ReceiveTimeout = 10_000;
        open.AddRange([client, server]);
        return [client, server];
    }

    private static Socket Listen(string address, int backlog = 1)
    {
        IPAddress ip = IPAddress.Parse(address);
        Socket socket = new(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(ip, 0));
        socket.Listen(backlog);
        return socket;
    }

    private static Socket Dial(IPEndPoint end, string? bind, bool dualMode)
    {
        Socket socket = dualMode
            ? new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true }
            : new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (bind is not null)
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(bind), 0));
        }

        socket.Connect(dualMode ? new IPEndPoint(end.Address.MapToIPv6(), end.Port) : end);
        return socket;
    }
}
