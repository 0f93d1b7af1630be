using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Hearth.Bench.Measurement;
using Hearth.Bench.Processes;

namespace Hearth.Bench.Sections;

/// <summary>What a policy of what a VM may reach costs its connections: VMs side by side, one server, by turns.</summary>
internal static class EgressCost
{
    private const int Rounds = 10;
    private const int Warm = 1;
    private const int Connections = 50;
    private const long Bytes = 128L << 20;

    public static readonly string Method = $"""
        What a policy costs: three VMs, one without, one whose `--allow` is about the server's address, and one that has a `--deny` of a name besides, so that what its connections say
        is read. A connection is one of {Connections} `wget` of a line in one `hearth exec`, program start and all; a download is {Bytes >> 20} MiB by `wget`, timed by the server from the request
        to the end of the connection. {Rounds} rounds by turns; {Warm} before, not counted.
        """;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(HearthBinary hearth, IPAddress host)
    {
        using TcpListener listener = new(host, 0);
        listener.Start();
        string address = $"http://{host}:{((IPEndPoint)listener.LocalEndpoint).Port}/";
        Variant[] variants =
        [
            new("without a policy", "bench-egress-all", []),
            new("with `--allow` of its network", "bench-egress-network", ["--allow", host.ToString()]),
            new("with a `--deny` of a name besides", "bench-egress-name", ["--allow", host.ToString(), "--deny", "other.example"]),
        ];
        foreach (Variant variant in variants)
        {
            hearth.StartIdle(variant.Vm, variant.Options);
        }

        for (int round = -Warm; round < Rounds; round++)
        {
            foreach (Variant variant in variants)
            {
                double connection = await ConnectAsync(hearth, variant.Vm, listener, address);
                double rate = await DownloadAsync(hearth, variant.Vm, listener, address);
                if (round >= 0)
                {
                    variant.Connection.Add(connection);
                    variant.PerSecond.Add(1000 / connection);
                    variant.Rate.Add(rate);
                }
            }
        }

        hearth.Remove([.. variants.Select(static variant => variant.Vm)]);
        return
        [
            .. variants.Select(static variant => new Figure($"one of many connections {variant.Name}", variant.Connection)),
            .. variants.Select(static variant => new Figure($"connections one after another {variant.Name}", variant.PerSecond, "/s")),
            .. variants.Select(static variant => new Figure($"download {variant.Name}", variant.Rate, "MB/s")),
        ];
    }

    /// <returns>Milliseconds.</returns>
    private static async Task<double> ConnectAsync(HearthBinary hearth, string vm, TcpListener listener, string address)
    {
        Task serving = ServeAsync(listener, Connections, 3);
        string script = string.Create(CultureInfo.InvariantCulture, $"i=0; while [ $i -lt {Connections} ]; do wget -qO /dev/null {address} || exit 1; i=$((i+1)); done");
        TimedRun run = hearth.RunChecked("exec", vm, "sh", "-c", script);
        await serving;
        return run.Elapsed.TotalMilliseconds / Connections;
    }

    /// <returns>Millions of bytes a second.</returns>
    private static async Task<double> DownloadAsync(HearthBinary hearth, string vm, TcpListener listener, string address)
    {
        Task<TimeSpan> serving = ServeAsync(listener, 1, Bytes);
        hearth.RunChecked("exec", vm, "wget", "-qO", "/dev/null", address);
        return Bytes / (await serving).TotalSeconds / 1e6;
    }

    /// <summary>Answers requests with zeros, one after another.</summary>
    /// <returns>How long the last took, to the end that its client made.</returns>
    private static Task<TimeSpan> ServeAsync(TcpListener listener, int requests, long bytes) => Task.Run(async () =>
    {
        byte[] zeros = new byte[256 << 10];
        byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.0 200 OK\r\nContent-Length: {bytes}\r\n\r\n"));
        TimeSpan took = default;
        for (int i = 0; i < requests; i++)
        {
            using Socket client = await listener.AcceptSocketAsync();
            _ = await client.ReceiveAsync(new byte[4096]);
            long began = Stopwatch.GetTimestamp();
            await client.SendAsync(head);
            for (long left = bytes; left > 0; left -= Math.Min(left, zeros.Length))
            {
                await client.SendAsync(zeros.AsMemory(0, (int)Math.Min(left, zeros.Length)));
            }

            client.Shutdown(SocketShutdown.Send);
            _ = await client.ReceiveAsync(new byte[1]);
            took = Stopwatch.GetElapsedTime(began);
        }

        return took;
    });

    private sealed record Variant(string Name, string Vm, IReadOnlyList<string> Options)
    {
        public Samples Connection { get; } = new();

        public Samples PerSecond { get; } = new();

        public Samples Rate { get; } = new();
    }
}
