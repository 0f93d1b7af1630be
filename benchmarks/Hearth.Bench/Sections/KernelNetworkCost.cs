using System.Diagnostics;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Core.Specs;
using Hearth.Linux.Namespaces;
using Hearth.Networking.Kernel;
using Hearth.Networking.Topology;

namespace Hearth.Bench.Sections;

/// <summary>What a bridged network costs, and whether that grows with the number of VMs. On hosts of its own, which are namespaces: nothing of this one is changed.</summary>
internal sealed class KernelNetworkCost : IDisposable
{
    private const int Rounds = 30;
    private const int Warm = 3;
    private const int Others = 1000;

    /// <summary>The same namespace, pair, tap, bridge and rules by the tools that people use for them, in one shell on the same host.</summary>
    private const string BareCommands = """
        ip netns add hearth-bench
        ip link add hb0 mtu 1500 type veth peer name up0 netns hearth-bench
        ip -n hearth-bench -batch - <<EOF
        tuntap add name tap0 mode tap vnet_hdr
        link set lo up
        link set up0 up
        link add br0 address 02:48:00:00:00:01 up type bridge
        link set tap0 master br0 up
        address add 10.0.2.1/32 dev br0
        neighbour replace 172.31.0.9 lladdr 02:48:00:00:00:09 nud permanent dev br0
        route add 172.31.0.9/32 dev br0
        neighbour replace 169.254.1.1 lladdr 02:48:00:00:00:04 nud permanent dev up0
        route add default via 169.254.1.1 dev up0 onlink
        EOF
        ip -batch - <<EOF
        link set hb0 up
        neighbour replace 172.31.0.9 lladdr 02:48:00:00:00:05 nud permanent dev hb0
        route add 172.31.0.9/32 dev hb0
        EOF
        nft -f - <<EOF
        table inet bench {
            chain leave { type nat hook postrouting priority srcnat; policy accept; ip saddr 172.31.0.9 masquerade; }
            chain forward { type filter hook forward priority filter; policy accept; oifname "hb0" ct state != established,related drop; }
        }
        EOF
        """;

    /// <summary>The kernel takes a namespace that has gone apart by itself, for some 50 ms, and whoever makes one or changes interfaces meanwhile waits for it. Nobody is told of the end.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(200);

    private const string Undo = "nft delete table inet bench; ip link del hb0; ip netns del hearth-bench";

    private readonly string _directory = Directory.CreateTempSubdirectory("hearth-bench-network-").FullName;
    private readonly NetworkNamespace _empty = MakeHost();
    private readonly NetworkNamespace _full = MakeHost();

    public static string Method => $"""
        A bridged network is made and released on a host that is a namespace; floor: `ip netns`, `ip -batch` and `nft -f` in one shell there, that make the same for one VM.
        What a VM has of the host (lease, rule set) is taken and given back by turns on a host with no other and on one with {Others} others, {Rounds} rounds, {Warm} before, not counted; there are no interfaces to them.
        Before each of the three the kernel has {s_settle.TotalMilliseconds:0} ms to take apart what the one before has left: whoever comes sooner waits for it.
        """;

    public static async Task<(IReadOnlyList<Goal> Goals, IReadOnlyList<Figure> Figures)> MeasureAsync()
    {
        using KernelNetworkCost cost = new();
        return await cost.RunAsync();
    }

    public void Dispose()
    {
        _empty.Dispose();
        _full.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<(IReadOnlyList<Goal> Goals, IReadOnlyList<Figure> Figures)> RunAsync()
    {
        HostNetwork alone = new(_empty, Path.Combine(_directory, "empty")), among = new(_full, Path.Combine(_directory, "full"));
        Samples ready = new(), released = new(), bare = new(), takenAlone = new(), givenAlone = new(), takenAmong = new(), givenAmong = new();
        List<(KernelLease Lease, HostNetwork Host)> others = [];
        try
        {
            for (int number = 0; number < Others; number++)
            {
                others.Add((await TakeAsync(among, 1000 + number), among));
            }

            for (int round = -Warm; round < Rounds; round++)
            {
                await Task.Delay(s_settle, TimeProvider.System);
                TimedRun commands = Shell(_empty, BareCommands);
                Shell(_empty, Undo);
                await Task.Delay(s_settle, TimeProvider.System);
                (TimeSpan open, TimeSpan close) = await OpenAsync(alone, round + Warm);
                await Task.Delay(s_settle, TimeProvider.System);
                (TimeSpan take, TimeSpan give) = await TurnAsync(alone, round + Warm);
                (TimeSpan takeMore, TimeSpan giveMore) = await TurnAsync(among, round + Warm);
                if (round >= 0)
                {
                    (Samples Samples, TimeSpan Time)[] measured = [(ready, open), (released, close), (bare, commands.Elapsed), (takenAlone, take), (givenAlone, give), (takenAmong, takeMore), (givenAmong, giveMore)];
                    Array.ForEach(measured, static one => one.Samples.Add(one.Time));
                }
            }
        }
        finally
        {
            others.ForEach(static other => other.Lease.Dispose());
        }

        return (
            [
                Goal.AtMost("bridged network ready, p50", 40, ready.Median, "ms"),
                Goal.AtMost($"lease and rules taken among {Others} others, by the first, p50", 1.2, takenAmong.Median / takenAlone.Median, "×"),
                Goal.AtMost($"lease and rules given back among {Others} others, by the first, p50", 1.2, givenAmong.Median / givenAlone.Median, "×"),
            ],
            [
                new("bridged network ready", ready), new("the same by `ip` and `nft`", bare), new("bridged network released", released),
                new("lease and rules taken by the first", takenAlone), new($"the same among {Others} others", takenAmong), new("given back by the last", givenAlone), new($"the same among {Others} others", givenAmong),
            ]);
    }

    private static string Id(int number) => number.ToString("x8", System.Globalization.CultureInfo.InvariantCulture) + new string('b', 56);

    private static async Task<(TimeSpan Ready, TimeSpan Released)> OpenAsync(HostNetwork host, int number)
    {
        long began = Stopwatch.GetTimestamp();
        VmNetwork network = await VmNetwork.OpenKernelAsync(host, new KernelRequest(Id(number), NetworkMode.Bridged, null), null, static line => throw new BenchException(line), CancellationToken.None);
        TimeSpan ready = Stopwatch.GetElapsedTime(began);
        began = Stopwatch.GetTimestamp();
        await network.DisposeAsync();
        return (ready, Stopwatch.GetElapsedTime(began));
    }

    private static async Task<(TimeSpan Taken, TimeSpan Given)> TurnAsync(HostNetwork host, int number)
    {
        long began = Stopwatch.GetTimestamp();
        KernelLease lease = await TakeAsync(host, number);
        TimeSpan taken = Stopwatch.GetElapsedTime(began);
        began = Stopwatch.GetTimestamp();
        await HostGuests.RemoveAsync(host, lease.Guest, CancellationToken.None);
        lease.Dispose();
        return (taken, Stopwatch.GetElapsedTime(began));
    }

    private static async Task<KernelLease> TakeAsync(HostNetwork host, int number)
    {
        KernelRequest request = new(Id(number), NetworkMode.Bridged, null);
        KernelLease lease = await KernelLease.TakeAsync(host, HostRequirements.Require(host, request), request, CancellationToken.None);
        await HostGuests.AddAsync(host, lease.Guest, CancellationToken.None);
        return lease;
    }

    private static NetworkNamespace MakeHost()
    {
        NetworkNamespace host = NetworkNamespace.Create(ownUsers: false);
        host.Configure(("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"));
        Shell(host, "ip link add eth0 type veth peer name wire0; ip link set wire0 up; ip addr add 198.51.100.1/24 dev eth0; ip link set eth0 up; ip route add default via 198.51.100.2");
        return host;
    }

    private static TimedRun Shell(NetworkNamespace host, string script) => Child.RunChecked("nsenter", [$"--net=/proc/{Environment.ProcessId}/fd/{host.Handle.DangerousGetHandle()}", "sh", "-ec", script]);
}
