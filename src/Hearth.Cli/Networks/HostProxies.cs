using System.Net;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;

namespace Hearth.Cli.Networks;

/// <summary>The proxies of the caller's environment, for the VM's: what fetches pages here does there (as podman-run(1), <c>--http-proxy</c>).</summary>
internal static class HostProxies
{
    private static readonly string[] s_names = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"];

    /// <summary><c>NAME=value</c> in either case. A proxy on the host's loopback gets the name that the VM has for that, or is left out with a line.</summary>
    public static IReadOnlyList<string> Read(NetworkSpec? network, Func<string, string?> variable, Action<string> warn)
    {
        if (network is null)
        {
            return [];
        }

        List<string> entries = [];
        foreach (string name in s_names.SelectMany(static name => new[] { name, name.ToUpperInvariant() }))
        {
            if (variable(name) is not { Length: > 0 } value)
            {
                continue;
            }

            if (!IsOnLoopback(value, out string? host) || name.Equals("no_proxy", StringComparison.OrdinalIgnoreCase))
            {
                entries.Add($"{name}={value}");
            }
            else if (network.HostAccess)
            {
                int at = value.IndexOf(host, StringComparison.OrdinalIgnoreCase);
                entries.Add($"{name}={value[..at]}{StaticNames.HostName}{value[(at + host.Length)..]}");
            }
            else
            {
                warn($"{name} is not passed to the VM: it is on this host's loopback. --host-access makes that reachable, --http-proxy=false says that this is right.");
            }
        }

        return entries;
    }

    /// <summary>A URL, or a host with a port.</summary>
    private static bool IsOnLoopback(string value, out string host)
    {
        host = "";
        if (!Uri.TryCreate(value.Contains("://", StringComparison.Ordinal) ? value : $"http://{value}", UriKind.Absolute, out Uri? uri))
        {
            return false;
        }

        host = uri.Host;
        return uri.IsLoopback || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
    }
}
