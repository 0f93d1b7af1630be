using System.Globalization;
using System.Net;
using System.Text.Json;
using Hearth.Bench.Measurement;

namespace Hearth.Bench.Sections;

/// <summary>iperf3(1): one TCP connection for a bounded time.</summary>
internal static class Iperf
{
    public const string Program = "/usr/bin/iperf3";
    public const int Seconds = 2;

    /// <summary>What a server says when it can be connected to.</summary>
    public const string Listening = "Server listening";

    /// <summary>A server of any number of clients, one after another; by its name, as a container's command.</summary>
    public static string[] Server(params string[] options) => ["iperf3", "-s", "--forceflush", .. options];

    /// <param name="server">Whom it connects to.</param>
    /// <param name="reverse">The server sends.</param>
    public static string[] Client(IPEndPoint server, bool reverse) =>
    [
        "iperf3", "-c", server.Address.ToString(), "-p", server.Port.ToString(CultureInfo.InvariantCulture), "-t", Seconds.ToString(CultureInfo.InvariantCulture), "-J",
        .. reverse ? (string[])["-R"] : [],
    ];

    /// <summary>Runs a client, and gives what its receiver has counted.</summary>
    /// <param name="run">Runs it once and gives its standard output. A server that closes its last test refuses: then it is asked again.</param>
    /// <returns>Millions of bytes a second.</returns>
    /// <exception cref="BenchException">It did not come to its end.</exception>
    public static async Task<double> MeasureAsync(Func<Task<string>> run)
    {
        const int Attempts = 20;
        for (int attempt = 1; ; attempt++)
        {
            using JsonDocument result = JsonDocument.Parse(await run());
            if (!result.RootElement.TryGetProperty("error", out JsonElement error))
            {
                return result.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 8 / 1e6;
            }

            string text = error.GetString() ?? "";
            if (attempt == Attempts || !text.Contains("busy", StringComparison.Ordinal))
            {
                throw new BenchException($"iperf3: {text}"); // Its exit code is 0 all the same.
            }
        }
    }
}
