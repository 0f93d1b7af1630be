using System.Text;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Linux.Processes;
using Hearth.Networking.Kernel;

namespace Hearth.Cli.Listing.Doctor;

/// <summary>Looks for what keeps the host from forwarding VMs' packets. Reads only; root's matter.</summary>
internal static class ForwardingProbe
{
    private const int MaxBytes = 16 << 20;
    private const string OwnTable = "hearth_host";

    public static async Task<ForwardingFacts> RunAsync(CancellationToken cancellationToken)
    {
        List<DroppingChain> droppers = [];
        foreach (DroppingChain chain in Parse(await ReadAsync("nft", ["-j", "list", "chains"], cancellationToken)))
        {
            if (!Knows(await ReadAsync("nft", ["list", "chain", chain.Family!, chain.Table, chain.Name], cancellationToken)))
            {
                droppers.Add(chain);
            }
        }

        // Asking for tables that are not there would make them.
        if (Read("/proc/net/ip_tables_names").Split('\n').Contains("filter"))
        {
            string legacy = await ReadAsync("iptables-legacy", ["-S", "FORWARD"], cancellationToken);
            if (legacy.Contains("-P FORWARD DROP", StringComparison.Ordinal) && !Knows(legacy))
            {
                droppers.Add(new DroppingChain(null, "filter", "FORWARD"));
            }
        }

        return new ForwardingFacts(Read("/proc/sys/net/ipv4/ip_forward").Trim() == "1", Read("/proc/sys/net/ipv6/conf/all/forwarding").Trim() == "1", droppers);
    }

    /// <summary>The chains in what <c>nft -j list chains</c> printed that drop what is forwarded, but for Hearth's own.</summary>
    public static IReadOnlyList<DroppingChain> Parse(string json)
    {
        if (json.Length == 0)
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(json);
        List<DroppingChain> chains = [];
        foreach (JsonElement entry in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (entry.TryGetProperty("chain", out JsonElement chain)
                && Text(chain, "hook") == "forward" && Text(chain, "policy") == "drop" && Text(chain, "table") is { } table && table != OwnTable
                && Text(chain, "family") is { } family && Text(chain, "name") is { } name)
            {
                chains.Add(new DroppingChain(family, table, name));
            }
        }

        return chains;
    }

    private static bool Knows(string rules) => rules.Contains(KernelRequest.GuestPrefix, StringComparison.Ordinal);

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>What a program prints; nothing when it is not installed or fails: another check tells.</summary>
    private static async Task<string> ReadAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return ToolProcess.Find(program) is null ? "" : Encoding.UTF8.GetString(await ToolProcess.ReadAsync(new ToolCommand(program, arguments), MaxBytes, cancellationToken));
        }
        catch (HearthException)
        {
            return "";
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
