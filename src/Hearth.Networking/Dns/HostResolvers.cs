using System.Net;
using Hearth.Core.Errors;
using Hearth.Linux.Files;

namespace Hearth.Networking.Dns;

/// <summary>
/// The host's resolvers as they are now: the file is looked at (one statx) whenever somebody asks, and read again when it is
/// another one or was written, so that a host that changed networks is followed without a timer.
/// </summary>
/// <remarks>
/// When the file names nothing but systemd-resolved's stub (127.0.0.53, 127.0.0.54), the list that resolved itself keeps is
/// taken, where there is one. Any other resolver on the host's loopback is asked as it is: the questions leave from the host.
/// </remarks>
public sealed class HostResolvers
{
    private static readonly IPAddress[] s_stubs = [IPAddress.Parse("127.0.0.53"), IPAddress.Parse("127.0.0.54")];

    private readonly string _file;
    private readonly string _resolvedFile;
    private readonly IReadOnlyList<IPEndPoint> _servers;
    private readonly IReadOnlyList<string> _search;
    private readonly Lock _lock = new();
    private ResolverSettings _settings = ResolverSettings.Default;
    private (FileStatus? File, FileStatus? Resolved)? _read;

    /// <param name="servers">In place of the host's (<c>--dns</c>); empty for the host's.</param>
    /// <param name="search">In place of the host's (<c>--dns-search</c>); empty for the host's, <c>.</c> for none.</param>
    /// <exception cref="HearthException"><c>dns.invalid</c>: a server is no address, or a domain is none.</exception>
    public HostResolvers(IReadOnlyList<string> servers, IReadOnlyList<string> search, string file = "/etc/resolv.conf", string resolvedFile = "/run/systemd/resolve/resolv.conf")
    {
        _file = file;
        _resolvedFile = resolvedFile;
        _servers = [.. servers.Select(ParseServer)];
        _search = search;
        if (search.FirstOrDefault(static domain => domain != "." && !DnsNameText.TryNormalize(domain, out _)) is { } bad)
        {
            throw new HearthException("dns.invalid", $"--dns-search '{bad}': that is no domain.", "Give a domain such as corp.example, or '.' for none.", ExitCodes.Usage);
        }
    }

    /// <summary>What holds now.</summary>
    public ResolverSettings Current
    {
        get
        {
            lock (_lock)
            {
                (FileStatus?, FileStatus?) now = (Status(_file), Status(_resolvedFile));
                if (_read != now)
                {
                    _settings = Override(Read());
                    _read = now;
                }

                return _settings;
            }
        }
    }

    private static IPEndPoint ParseServer(string text) => ResolverSettings.TryParseServer(text, out IPEndPoint? server) ? server! : throw new HearthException(
        "dns.invalid", $"--dns '{text}': that is no IP address.", "Give the address of a resolver, such as 9.9.9.9 or 2620:fe::fe.", ExitCodes.Usage);

    private static FileStatus? Status(string path) => FileStatus.TryRead(path, follow: true, out FileStatus status) ? status : null;

    private static ResolverSettings Load(string path)
    {
        try
        {
            return ResolverSettings.Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ResolverSettings.Default;
        }
    }

    private ResolverSettings Read()
    {
        ResolverSettings settings = Load(_file);
        if (!settings.Servers.All(static server => s_stubs.Contains(server.Address)) || !File.Exists(_resolvedFile))
        {
            return settings;
        }

        // resolved that has no server writes a list without any: the stub then is as good as any other.
        ResolverSettings resolved = Load(_resolvedFile);
        return resolved.Servers.SequenceEqual(ResolverSettings.Default.Servers) ? settings : settings with { Servers = resolved.Servers };
    }

    private ResolverSettings Override(ResolverSettings settings) => settings with
    {
        Servers = _servers.Count > 0 ? _servers : settings.Servers,
        Search = _search.Count == 0 ? settings.Search : [.. _search.Where(static domain => domain != ".").Select(static domain => domain.TrimEnd('.'))],
    };
}
