using System.Net;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;
using Hearth.Networking.Rules;

namespace Hearth.Networking.Kernel;

/// <summary>The host's own network, which VMs with a kernel path to it are routed through. Changing it needs privilege.</summary>
/// <param name="space">Its namespace; null is the one that this process is in.</param>
/// <param name="directory">Leases and the record of VMs, for all of this network whatever their <c>HEARTH_HOME</c>.</param>
public sealed class HostNetwork(NetworkNamespace? space, string directory)
{
    /// <summary>Gone with the host's boot, as all that is recorded there.</summary>
    private const string Runtime = "/run/hearth/leases";

    /// <summary>An address of the Internet that is nobody's (RFC 5737): it falls under the default route.</summary>
    private static readonly IPAddress s_outside = IPAddress.Parse("192.0.2.1");

    /// <summary>As above; its network is not given to anybody.</summary>
    private static readonly IPAddress s_outside6 = IPAddress.Parse("2000::1");

    /// <summary>That which this process is in. Another network namespace is another host, with addresses of its own.</summary>
    public static HostNetwork Own { get; } = new(null, Path.Combine(Runtime, (new FileInfo("/proc/self/ns/net").LinkTarget ?? "net").Split('[', ']') is [_, var number, ..] ? number : "net"));

    /// <summary>Where pools have their leases; made when it is not there, for root alone.</summary>
    public string Leases(IPNetwork network) => Path.Combine(Directory, "leases", $"{network.BaseAddress}-{network.PrefixLength}");

    internal string Guests => Path.Combine(Directory, "guests");

    /// <summary>Held over each change of what all VMs share. A leaf lock.</summary>
    internal string Lock => Path.Combine(Directory, "lock");

    private string Directory
    {
        get
        {
            System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return directory;
        }
    }

    internal RouteSocket OpenRoutes() => space?.OpenRoutes() ?? RouteSocket.Open();

    /// <summary>Null when the kernel has none of that name.</summary>
    internal string? Setting(string path)
    {
        if (space is not null)
        {
            return space.Setting(path);
        }

        string file = $"/proc/sys/net/{path}";
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    internal void Configure(string path, string value)
    {
        if (space is not null)
        {
            space.Configure((path, value));
        }
        else
        {
            File.WriteAllText($"/proc/sys/net/{path}", value);
        }
    }

    /// <exception cref="Hearth.Core.Errors.HearthException"><c>egress.nft-missing</c>, <c>egress.nft-failed</c>.</exception>
    internal Task ApplyAsync(string text, CancellationToken cancellationToken) => NftProgram.ApplyAsync(space, text, cancellationToken);

    /// <summary>The interface that the default route leads through; null when there is none, or several.</summary>
    internal static NetworkLink? Uplink(RouteSocket routes, bool ipv6) =>
        routes.Lookup(ipv6 ? s_outside6 : s_outside) is { IsReachable: true, Interface: { } index } ? routes.Link(index) : null;

    /// <summary>Whether anything outside can be reached by IPv6.</summary>
    internal static bool HasOutside6(RouteSocket routes) => routes.Lookup(s_outside6) is { IsReachable: true };
}
