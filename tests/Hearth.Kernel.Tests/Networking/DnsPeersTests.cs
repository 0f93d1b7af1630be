using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hearth.Kernel.Tests.Guest;
using Hearth.Linux.Processes;
using Hearth.Networking.Dns;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>The forwarder between the C library's resolver, in a network of its own, and dnsmasq on the host.</summary>
public sealed class DnsPeersTests
{
    [SkippableFact]
    public async Task A_program_of_the_guest_finds_names_of_the_hosts_resolver_and_of_hearth()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "namespaces of threads need root");
        Skip.IfNot(NetworkThread.HasTools, "iproute2 is not installed");
        Skip.If(ToolProcess.Find("dnsmasq") is null, "dnsmasq-base is not installed");
        int port = FreePort();
        string[] addresses = [.. Enumerable.Range(1, 60).Select(static i => $"--host-record=many.example,203.0.113.{i}")];
        using Process dnsmasq = await StartAsync(
            ["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", $"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces",
            "--host-record=a.example,203.0.113.5,2001:db8::5", "--cname=b.example,a.example", .. addresses]);
        using NetworkThread guest = new("guest");
        StaticNames names = new();
        names.Replace([new(StaticNames.HostName, IPAddress.Parse("10.0.2.2"))]);
        using DnsForwarder forwarder = new(() => ResolverSettings.Default with { Servers = [new IPEndPoint(IPAddress.Loopback, port)] }, names, new OpenDnsPolicy(), TimeProvider.System);
        using Socket udp = guest.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using Socket tcp = guest.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        udp.Bind(new IPEndPoint(IPAddress.Loopback, 53));
        tcp.Bind(new IPEndPoint(IPAddress.Loopback, 53));
        tcp.Listen();
        using CancellationTokenSource end = new();
        Task serving = Task.WhenAll(forwarder.ServeUdpAsync(udp, end.Token), forwarder.ServeTcpAsync(tcp, end.Token));

        try
        {
            Lookup(guest, "b.example").ShouldBe(["2001:db8::5", "203.0.113.5"], ignoreOrder: true);
            Lookup(guest, StaticNames.HostName).ShouldBe(["10.0.2.2"]);
            Lookup(guest, "other.hearth.internal").ShouldBeEmpty();
            Lookup(guest, "many.example").Length.ShouldBe(60, "over TCP: they do not fit a datagram");
        }
        finally
        {
            await end.CancelAsync();
            await serving;
            dnsmasq.Kill();
            await dnsmasq.WaitForExitAsync();
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<Process> StartAsync(string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(ToolProcess.Find("dnsmasq")!, arguments) { RedirectStandardError = true })!;
        using CancellationTokenSource bound = new(TimeSpan.FromSeconds(15));
        string? line;
        do
        {
            line = await process.StandardError.ReadLineAsync(bound.Token);
        }
        while (line is not null && !line.Contains("started", StringComparison.Ordinal));
        line.ShouldNotBeNull("dnsmasq ended");
        return process;
    }

    /// <summary>The addresses that getent(1) prints, in the guest's network, with the gateway as the only resolver.</summary>
    private static string[] Lookup(NetworkThread guest, string name) => guest.Run(() =>
    {
        const string Script = "f=$(mktemp) && echo nameserver 127.0.0.1 >$f && echo options timeout:2 >>$f && mount --bind $f /etc/resolv.conf && rm $f; getent ahosts \"$0\"";
        ProcessStartInfo start = new("unshare", ["-m", "sh", "-c", Script, name]) { RedirectStandardOutput = true };
        using Process shell = Process.Start(start)!;
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' ')[0]).Distinct().ToArray();
    });
}
