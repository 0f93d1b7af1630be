using System.Globalization;
using System.Net;
using Hearth.Bench.Floors;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;
using Hearth.Bench.Registry;

namespace Hearth.Bench.Sections;

/// <summary>How much a guest sends and is sent through the kernel, beside QEMU with a bare TAP on the same host. As root.</summary>
internal static class KernelThroughput
{
    private const int Rounds = 8;
    private const int Warm = 1;
    private const int Port = 5201;
    private const double BoundRatio = 0.9;
    private const string Peer = "QEMU with a bare tap";

    /// <summary>Each by the family that it is for: the other one is as in bridged.</summary>
    private static readonly (string Mode, IPEndPoint Server)[] s_modes =
    [
        ("bridged", new IPEndPoint(IPAddress.Parse(TapNetwork.HostAddress), Port)),
        ("routed", new IPEndPoint(IPAddress.Parse(TapNetwork.HostAddress6), Port)),
    ];

    /// <summary>Whether the server sends.</summary>
    private static readonly bool[] s_ways = [false, true];

    public static readonly string Method = $"""
        Bridged and routed: the same between a guest and a server at an address of its host, which is a network namespace that forwards; bridged over IPv4, routed over IPv6. The peer is a
        QEMU as above whose TAP is an interface of that host, with an address, and nothing between. {Rounds} rounds by turns; {Warm} before, not counted.
        """;

    public static async Task<SectionResult> MeasureAsync(BenchContext context)
    {
        string image = ProgramImage.Load(context.Hearth, context.WorkDirectory, Iperf.Program);
        using TapNetwork host = new();
        HearthBinary hearth = context.Hearth.Within(host.Within);
        List<ReadyChild> servers = [];
        try
        {
            foreach ((_, IPEndPoint server) in s_modes)
            {
                servers.Add(await ReadyChild.AwaitAsync(
                    Child.Start(host.Within[0], [.. host.Within.Skip(1), Iperf.Program, .. Iperf.Server("-B", $"{server.Address}", "-p", Port.ToString(CultureInfo.InvariantCulture)).Skip(1)]), Iperf.Listening));
            }

            return await MeasureAsync(context, hearth, host, image);
        }
        finally
        {
            servers.ForEach(static server => server.Dispose());
        }
    }

    private static async Task<SectionResult> MeasureAsync(BenchContext context, HearthBinary hearth, TapNetwork host, string image)
    {
        foreach ((string mode, _) in s_modes)
        {
            hearth.RunChecked("run", "-d", "--no-template", "--name", NameOf(mode), "--network", mode, image, "--", "iperf3", "-s");
        }

        MachineTemplate template = MachineTemplate.Read(hearth.Find(NameOf(s_modes[0].Mode)), Disks.Unused(hearth.Paths));
        using BareGuest peer = await BareGuest.StartAsync(template, host.Launch, host.Guest, Iperf.Server(), Iperf.Listening);
        Contender[][] races =
        [
            .. s_modes.SelectMany(mode => s_ways.Select(reverse => (Contender[])
            [
                new($"{mode.Mode}: {(reverse ? "received from" : "sent to")} its host", () => Iperf.MeasureAsync(() => Task.FromResult(hearth.RunChecked(["exec", NameOf(mode.Mode), .. Iperf.Client(mode.Server, reverse)]).Output))),
                new($"the same by {Peer}", () => Iperf.MeasureAsync(() => peer.ExecAsync(Iperf.Client(mode.Server, reverse)))),
            ])),
        ];
        await Contender.RaceAsync([.. races.SelectMany(static race => race)], Warm, Rounds);
        hearth.Remove([.. s_modes.Select(static mode => NameOf(mode.Mode))]);
        foreach (Contender[] race in races)
        {
            context.Say($"network: {race[0].Name}: {race[0].Samples.Median:0}, {race[1].Samples.Median:0} MB/s");
        }

        return new SectionResult(
            [.. races.Select(static race => Goal.AtLeast($"{race[0].Name} against {Peer}", BoundRatio, race[0].Samples.Median / race[1].Samples.Median, "×"))],
            [.. races.SelectMany(static race => race).Select(static contender => new Figure(contender.Name, contender.Samples, "MB/s"))]);
    }

    private static string NameOf(string mode) => $"bench-throughput-{mode}";
}
