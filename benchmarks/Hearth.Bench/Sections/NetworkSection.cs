using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Linux.Namespaces;
using Hearth.Networking.Topology;

namespace Hearth.Bench.Sections;

/// <summary>The network: how long it takes to be there, a guest's first connection, how much it carries, and what the kernel's way out costs (as root).</summary>
internal sealed class NetworkSection : ISection
{
    private const int Rounds = 30;
    private const int Copies = 200;
    private const int Warm = 3;
    private const string Booted = "bench-network";
    private const string Point = "bench-network-point";
    private const string Copy = "bench-network-copy";

    /// <summary>The same namespace by the tools that people use for it, in one shell.</summary>
    private const string BareCommands = """
        ip -batch - <<EOF
        tuntap add name tap0 mode tap vnet_hdr
        link add br0 address 02:48:00:00:00:01 mtu 65520 up type bridge
        link set tap0 mtu 65520 master br0 up
        address add 10.0.2.1/24 dev br0
        neighbour replace 10.0.2.100 lladdr 02:48:00:00:00:09 nud permanent dev br0
        EOF
        """;

    public string Name => "network";

    public string Title => "Network";

    public string Method => $"""
        Namespace, tap and bridge as a VM gets them, made by this program as the supervisor makes them; pasta in a namespace of its own, from before it is started until
        its interface is raised and routed. Floor of the former: `unshare -rn` with one `ip -batch` that makes the same; of the latter there is none, since nobody starts it faster.
        The connections are `wget` of a line from a server of this program at the host's address, by `hearth exec`: in a VM that has connected before,
        and the first thing of all in a clone (`hearth run -d --from`), which starts its pasta; by turns, {Copies} of each. {Rounds} rounds of the rest. {Warm} before, not counted.
        {Throughput.Method}
        {EgressCost.Method}
        {KernelNetworkCost.Method}
        {KernelThroughput.Method}
        """;

    public async Task<SectionResult> RunAsync(BenchContext context)
    {
        Samples made = new();
        Samples bare = new();
        Samples pasta = new();
        for (int round = -Warm; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            await using VmNetwork network = VmNetwork.OpenIdle($"bench-{round}");
            TimeSpan ready = Stopwatch.GetElapsedTime(began);
            using NetworkNamespace space = NetworkNamespace.Create(ownUsers: true);
            began = Stopwatch.GetTimestamp();
            using Pasta uplink = await Pasta.StartAsync(space, network.Guest, reachesHost: false, CancellationToken.None);
            TimeSpan routed = Stopwatch.GetElapsedTime(began);
            TimedRun commands = Child.RunChecked("unshare", ["-rn", "sh", "-c", BareCommands]);
            if (round >= 0)
            {
                made.Add(ready);
                pasta.Add(routed);
                bare.Add(commands.Elapsed);
            }
        }

        (Samples again, Samples first, int failed) = Connections(context.Hearth);
        SectionResult throughput = await Throughput.MeasureAsync(context, HostAddress());
        IReadOnlyList<Figure> egress = await EgressCost.MeasureAsync(context.Hearth, HostAddress());
        (IReadOnlyList<Goal> goals, IReadOnlyList<Figure> kernel) = Environment.IsPrivilegedProcess ? await KernelNetworkCost.MeasureAsync() : ([], []);
        SectionResult through = Environment.IsPrivilegedProcess ? await KernelThroughput.MeasureAsync(context) : new SectionResult([], []);
        context.Say($"network: ready in {made.Median:0.0} ms, pasta in {pasta.Median:0.0} ms, first connection of a clone {first.Median:0} ms (again {again.Median:0} ms)");
        return new SectionResult(
            [
                Goal.AtMost("namespace, tap, bridge and pasta ready, p50", 60, made.Median + pasta.Median, "ms"),
                new($"first `hearth exec` of {Copies} clones reaches the outside", "all", $"{Copies - failed} of {Copies}", failed == 0),
                .. goals,
                .. throughput.Goals,
                .. through.Goals,
            ],
            [
                new("namespace, tap and bridge", made), new("the same by `unshare` and `ip`", bare), new("pasta", pasta),
                new("connection of a VM that has connected before", again), new("first connection of a clone", first),
                .. throughput.Figures, .. egress, .. kernel, .. through.Figures,
            ]);
    }

    private static (Samples Again, Samples First, int Failed) Connections(HearthBinary hearth)
    {
        IPAddress host = HostAddress();
        using TcpListener listener = new(host, 0);
        listener.Start();
        _ = Task.Run(() => ServeAsync(listener));
        string address = $"http://{host}:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        hearth.StartIdle(Booted);
        hearth.RunChecked("exec", Booted, "wget", "-qO-", address);
        hearth.RunChecked("snapshot", "create", Booted, Point);
        Samples again = new();
        Samples first = new();
        int failed = 0;
        for (int round = -Warm; round < Copies; round++)
        {
            TimeSpan known = hearth.RunChecked("exec", Booted, "wget", "-qO-", address).Elapsed;
            hearth.RunChecked("run", "-d", "--from", Point, "--name", Copy);
            TimedRun connected = hearth.Run("exec", Copy, "wget", "-qO-", address);
            hearth.Remove(Copy);
            if (round >= 0)
            {
                again.Add(known);
                first.Add(connected.Elapsed);
                failed += connected.ExitCode == 0 ? 0 : 1;
            }
        }

        hearth.Remove(Booted);
        hearth.RemoveSnapshots();
        return (again, first, failed);
    }

    /// <summary>Answers every request with a line, until the listener is closed.</summary>
    private static async Task ServeAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using Socket client = await listener.AcceptSocketAsync();
                _ = await client.ReceiveAsync(new byte[4096]);
                await client.SendAsync("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nhi\n"u8.ToArray());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The section is over.
        }
    }

    private static IPAddress HostAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static link => link.OperationalStatus == OperationalStatus.Up && link.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(static link => link.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? throw new BenchException("This host has no address but loopback.");
}
