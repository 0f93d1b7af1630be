using System.Net;

namespace Hearth.Networking.Dns;

/// <summary>Which resolvers to ask and how (resolv.conf(5)).</summary>
/// <param name="Servers">In the order in which they are asked; never empty.</param>
/// <param name="Search">Domains for names without enough dots.</param>
/// <param name="Options">The words behind <c>options</c>, as they stand, for the guest's own resolv.conf.</param>
/// <param name="Attempts">How often the list is gone through.</param>
/// <param name="AttemptTimeout">How long one resolver has.</param>
public sealed record ResolverSettings(
    IReadOnlyList<IPEndPoint> Servers, IReadOnlyList<string> Search, IReadOnlyList<string> Options, int Attempts, TimeSpan AttemptTimeout)
{
    public const int Port = 53;

    /// <summary>How resolv.conf(5) is read when there is none: a resolver on this host.</summary>
    public static ResolverSettings Default { get; } = new([new IPEndPoint(IPAddress.Loopback, Port)], [], [], DefaultAttempts, DefaultAttemptTimeout);

    private const int DefaultAttempts = 2;

    /// <summary>Shorter than the 5 s of resolv.conf(5): a guest's own resolver gives up after those, and the second server is to be tried before.</summary>
    private static TimeSpan DefaultAttemptTimeout => TimeSpan.FromSeconds(1.5);

    /// <summary>Reads the text of a resolv.conf. What cannot be read is passed over, as resolvers do.</summary>
    public static ResolverSettings Parse(string text)
    {
        List<IPEndPoint> servers = [];
        IReadOnlyList<string> search = [];
        List<string> options = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", string address, ..]:
                    // glibc takes three; a longer list (systemd-resolved's) is of use here.
                    if (servers.Count < MaxServers && TryParseServer(address, out IPEndPoint? server))
                    {
                        servers.Add(server!);
                    }

                    break;
                case ["search" or "domain", ..]:
                    search = [.. words.Skip(1).Where(static word => word != ".").Select(static word => word.TrimEnd('.')).Where(static word => DnsNameText.TryNormalize(word, out _)).Take(MaxSearch)];
                    break;
                case ["options", ..]:
                    options.AddRange(words.Skip(1).Take(MaxOptions));
                    break;
            }
        }

        return new ResolverSettings(
            servers.Count > 0 ? servers : Default.Servers, search, options,
            Number(options, "attempts:", 1, 5) ?? DefaultAttempts,
            Number(options, "timeout:", 1, 30) is { } seconds && seconds < DefaultAttemptTimeout.TotalSeconds ? TimeSpan.FromSeconds(seconds) : DefaultAttemptTimeout);
    }

    private const int MaxServers = 8;
    private const int MaxSearch = 32;
    private const int MaxOptions = 16;

    /// <summary>An address as resolv.conf has them, <c>fe80::1%eth0</c> with a scope (an interface's name or number) included.</summary>
    internal static bool TryParseServer(string text, out IPEndPoint? server)
    {
        bool parsed = IPAddress.TryParse(text, out IPAddress? address);
        server = parsed ? new IPEndPoint(address!, Port) : null;
        return parsed;
    }

    private static int? Number(List<string> options, string prefix, int lowest, int highest) =>
        options.FindLast(option => option.StartsWith(prefix, StringComparison.Ordinal)) is { } found && int.TryParse(found.AsSpan(prefix.Length), out int number)
            ? Math.Clamp(number, lowest, highest)
            : null;
}
