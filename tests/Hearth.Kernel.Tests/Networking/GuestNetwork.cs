using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Kernel.Tests.Guest;
using Hearth.Networking.Egress;
using Hearth.Networking.Rules;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>
/// Three namespaces: a guest behind a bridge, the VM's with that bridge and the rule set under test, and a net behind its
/// uplink with servers. <c>guest eth0 — tap0 br0 | up0 — net0</c>.
/// </summary>
internal sealed class GuestNetwork : IDisposable
{
    public const string Mac = "02:00:00:00:00:05";
    public const int ProxyPort = 8443;

    private readonly List<Socket> _sockets = [];

    public GuestNetwork()
    {
        Vm.Ip($"link add tap0 type veth peer name eth0 netns {Guest.ThreadId}");
        Vm.Ip($"link add up0 type veth peer name net0 netns {Net.ThreadId}");
        Vm.Ip("link add br0 type bridge");
        foreach (string command in (string[])["link set tap0 master br0", "addr add 10.0.2.1/24 dev br0", "-6 addr add fd00:2::1/64 dev br0 nodad",
            "addr add 192.0.2.2/24 dev up0", "-6 addr add 2001:db8:1::2/64 dev up0 nodad", "link set tap0 up", "link set br0 up", "link set up0 up"])
        {
            Vm.Ip(command);
        }

        foreach (string command in (string[])["addr add 192.0.2.1/24 dev net0", "-6 addr add 2001:db8:1::1/64 dev net0 nodad", "link set net0 up", "addr add 203.0.113.1/32 dev lo", "addr add 203.0.113.2/32 dev lo",
            "addr add 10.99.0.1/32 dev lo", "-6 addr add 2001:db8:2::1/128 dev lo nodad", "route add 10.0.2.0/24 via 192.0.2.2", "-6 route add fd00:2::/64 via 2001:db8:1::2"])
        {
            Net.Ip(command);
        }

        foreach (string command in (string[])[$"link set eth0 address {Mac}", "link set eth0 up", "addr add 10.0.2.15/24 dev eth0", "-6 addr add fd00:2::15/64 dev eth0 nodad", "route add default via 10.0.2.1", "-6 route add default via fd00:2::1"])
        {
            Guest.Ip(command);
        }

        Vm.Ip("route add default via 192.0.2.1");
        Vm.Ip("-6 route add default via 2001:db8:1::1");
        Vm.Run(static () =>
        {
            File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
            File.WriteAllText("/proc/sys/net/ipv6/conf/all/forwarding", "1");
            return 0;
        });
    }

    public NetworkThread Guest { get; } = new("guest");

    public NetworkThread Vm { get; } = new("vm");

    public NetworkThread Net { get; } = new("net");

    public static VmRuleSet Rules(EgressMode mode, string[] allow, string[]? deny = null, uint generation = 1) => new()
    {
        Uplink = "up0",
        GuestMac = Mac,
        GuestAddresses = [IPAddress.Parse("10.0.2.15"), IPAddress.Parse("fd00:2::15")],
        GatewayAddresses = [IPAddress.Parse("10.0.2.1"), IPAddress.Parse("fd00:2::1")],
        Policy = new EgressPolicy(
            mode,
            [.. allow.Select(static text => EgressRuleParser.Parse(text, "--allow", isDenied: false))],
            [.. (deny ?? []).Select(static text => EgressRuleParser.Parse(text, "--deny", isDenied: true))]),
        ProxyPort = ProxyPort,
        Generation = generation,
    };

    /// <summary>Runs nft in the VM's namespace with a text; what it complained of.</summary>
    public string Nft(string text, params string[] options) => Vm.Run(() =>
    {
        ProcessStartInfo start = new("/usr/sbin/nft", [.. options, "-f", "-"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using Process nft = Process.Start(start)!;
        nft.StandardInput.Write(text);
        nft.StandardInput.Close();
        string error = nft.StandardError.ReadToEnd();
        nft.WaitForExit();
        return nft.ExitCode == 0 ? "" : error + text;
    });

    /// <summary>The rule set as the kernel has it, with its counters.</summary>
    public string Listing() => Vm.Run(static () =>
    {
        using Process nft = Process.Start(new ProcessStartInfo("/usr/sbin/nft", ["list", "ruleset"]) { RedirectStandardOutput = true })!;
        string text = nft.StandardOutput.ReadToEnd();
        nft.WaitForExit();
        return text;
    });

    public Socket Udp(NetworkThread where, string address, int port = 0) => Keep(where.Run(() =>
    {
        IPEndPoint local = new(IPAddress.Parse(address), port);
        Socket socket = new(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(local);
        return socket;
    }));

    public Socket Listen(NetworkThread where, string address, int port) => Keep(where.Run(() =>
    {
        IPEndPoint local = new(IPAddress.Parse(address), port);
        Socket socket = new(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(local);
        socket.Listen();
        return socket;
    }));

    /// <summary>A connection of the guest; null when it is refused or not answered within a second.</summary>
    public async Task<Socket?> DialAsync(string address, int port)
    {
        IPEndPoint destination = new(IPAddress.Parse(address), port);
        Socket socket = Keep(Guest.Run(() => new Socket(destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp)));
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(1));
        try
        {
            await socket.ConnectAsync(destination, bound.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Whether a datagram arrives. What does not is waited for a fifth of a second.</summary>
    public static async Task<bool> ArrivesAsync(Socket from, Socket at, byte[]? payload = null)
    {
        payload ??= Guid.NewGuid().ToByteArray();
        try
        {
            await from.SendToAsync(payload, SocketFlags.None, at.LocalEndPoint!);
        }
        catch (SocketException)
        {
            return false; // An answer to an earlier one: administratively prohibited.
        }

        byte[] buffer = new byte[65536];
        using CancellationTokenSource bound = new(TimeSpan.FromMilliseconds(200));
        try
        {
            while (true)
            {
                int got = await at.ReceiveAsync(buffer, SocketFlags.None, bound.Token);
                if (buffer.AsSpan(0, got).SequenceEqual(payload))
                {
                    return true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _sockets.ForEach(static socket => socket.Dispose());
        Guest.Dispose();
        Vm.Dispose();
        Net.Dispose();
    }

    private Socket Keep(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }
}
