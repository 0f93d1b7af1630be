using System.Net;
using System.Net.Sockets;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Bench.Registry;

namespace Hearth.Bench.Sections;

/// <summary>How much a guest sends and is sent in each mode, beside QEMU with the plainest network that does the same.</summary>
internal static class Throughput
{
    private const int Rounds = 8;
    private const int Warm = 1;
    private const int GuestPort = 5201;
    private const double BoundRatio = 0.9;
    private const string VmName = "bench-throughput";
    private const string PolicyName = "bench-throughput-policy";

    /// <summary>Whether the server sends.</summary>
    private static readonly bool[] s_ways = [false, true];

    private static readonly ThroughputMode[] s_modes = [new("rootless", "QEMU behind bare pasta", static (published, port) => new PastaNetwork(published, port))];

    public static readonly string Method = $"""
        Throughput is one TCP connection of iperf3 for {Iperf.Seconds} s, as its receiver counts it: between a guest and a server at this host's address, and between this host's loopback and a
        server in the guest over a published port, each way. The peer is a QEMU with the command line of the VM, booted as that is (kernel, image, agent and devices are the same), in a namespace that
        pasta makes: pasta's interface and QEMU's TAP on one bridge, the port by `pasta -t` to the namespace's loopback and from there by nft. The VM with a policy has an `--allow` of this host's address. {Rounds} rounds by turns; {Warm} before, not counted.
        """;

    public static async Task<SectionResult> MeasureAsync(BenchContext context, IPAddress host)
    {
        string image = ProgramImage.Load(context.Hearth, context.WorkDirectory, Iperf.Program);
        List<Goal> goals = [];
        List<Figure> figures = [];
        foreach (ThroughputMode mode in s_modes)
        {
            foreach (Contender[] race in await MeasureAsync(context.Hearth, host, image, mode))
            {
                double ratio = race[0].Samples.Median / race[1].Samples.Median;
                goals.Add(Goal.AtLeast($"{race[0].Name} against {mode.Peer}", BoundRatio, ratio, "×"));
                figures.AddRange(race.Select(static contender => new Figure(contender.Name, contender.Samples, "MB/s")));
                context.Say($"network: {race[0].Name}: {string.Join(", ", race.Select(static contender => $"{contender.Samples.Median:0}"))} MB/s, {ratio:0.00} × of {mode.Peer}");
            }
        }

        return new SectionResult(goals, figures);
    }

    /// <returns>A race for each direction: the VM, the peer, and the VM with a policy where it is in one.</returns>
    private static async Task<Contender[][]> MeasureAsync(HearthBinary hearth, IPAddress host, string image, ThroughputMode mode)
    {
        IPEndPoint server = FreePort(host);
        IPEndPoint published = FreePort(IPAddress.Loopback);
        IPEndPoint peerPublished = FreePort(IPAddress.Loopback);
        using ReadyChild serving = await ReadyChild.AwaitAsync(Child.Start(Iperf.Program, [.. Iperf.Server("-B", $"{host}", "-p", $"{server.Port}").Skip(1)]), Iperf.Listening);
        await StartAsync(hearth, VmName, image, "--network", mode.Name, "-p", $"{published}:{GuestPort}");
        await StartAsync(hearth, PolicyName, image, "--network", mode.Name, "--allow", $"{host}");
        MachineTemplate template = MachineTemplate.Read(hearth.Find(VmName), Disks.Unused(hearth.Paths));
        using IPeerNetwork network = mode.OpenPeer(peerPublished, GuestPort);
        using BareGuest peer = await BareGuest.StartAsync(template, network.Launch, network.Guest, Iperf.Server(), Iperf.Listening);
        Contender[][] races =
        [
            .. s_ways.Select(reverse => (Contender[])
            [
                new($"{mode.Name}: {(reverse ? "received from" : "sent to")} this host", () => OfVmAsync(hearth, VmName, server, reverse)),
                new($"the same by {mode.Peer}", () => Iperf.MeasureAsync(() => peer.ExecAsync(Iperf.Client(server, reverse)))),
                new("the same with a policy", () => OfVmAsync(hearth, PolicyName, server, reverse)),
            ]),
            .. s_ways.Select(reverse => (Contender[])
            [
                new($"{mode.Name}: {(reverse ? "sent" : "received")} over a published port", () => OfHostAsync(published, reverse)),
                new($"the same by {mode.Peer}", () => OfHostAsync(peerPublished, reverse)),
            ]),
        ];
        await Contender.RaceAsync([.. races.SelectMany(static race => race)], Warm, Rounds);
        hearth.Remove(VmName, PolicyName);
        return races;
    }

    /// <summary>Booted, as the peer is.</summary>
    private static async Task StartAsync(HearthBinary hearth, string name, string image, params IReadOnlyList<string> options)
    {
        hearth.RunChecked(["run", "-d", "--no-template", "--name", name, .. options, image, "--", .. Iperf.Server()]);
        using ReadyChild serves = await ReadyChild.AwaitAsync(hearth.Start("logs", "-f", name), Iperf.Listening);
    }

    private static Task<double> OfVmAsync(HearthBinary hearth, string vm, IPEndPoint server, bool reverse) =>
        Iperf.MeasureAsync(() => Task.FromResult(hearth.RunChecked(["exec", vm, .. Iperf.Client(server, reverse)]).Output));

    private static Task<double> OfHostAsync(IPEndPoint server, bool reverse) =>
        Iperf.MeasureAsync(() => Task.FromResult(Child.RunChecked(Iperf.Program, [.. Iperf.Client(server, reverse).Skip(1)]).Output));

    private static IPEndPoint FreePort(IPAddress host)
    {
        using TcpListener listener = new(host, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }
}
