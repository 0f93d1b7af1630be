using System.Net;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Linux.Processes;
using Hearth.Linux.Routing;
using Hearth.Networking.Rules;

namespace Hearth.Networking.Kernel;

/// <summary>What a host must have for a kernel path: looked at before anything is made. Nothing of it is changed here, because it is about all of the host's traffic.</summary>
internal static class HostRequirements
{
    private const int Ethernet = 1500;

    /// <summary>IPv6 does without extension in a network of 64 bits (RFC 4291), which is what a host's interface has.</summary>
    private const int InterfaceBits = 64;

    /// <summary>Where the Internet's addresses are (RFC 4291): a prefix of the host's own that is translated by nobody.</summary>
    private static readonly IPNetwork s_global = IPNetwork.Parse("2000::/3");

    /// <exception cref="HearthException"><c>network.privilege</c>, <c>network.nft-missing</c>, <c>network.forwarding-off</c>, <c>network.no-prefix</c>, <c>network.prefix</c>.</exception>
    public static HostFacts Require(HostNetwork host, KernelRequest request)
    {
        string mode = $"--network {request.Mode.ToString().ToLowerInvariant()}";
        if (!ProcessTable.IsRoot)
        {
            throw new HearthException("network.privilege", $"{mode}: changing the host's network needs root.", "Run hearth as root, or use --network rootless.");
        }

        if (ToolProcess.Find(NftProgram.Program) is null)
        {
            throw new HearthException("network.nft-missing", $"{mode}: nft, which translates addresses and keeps VMs apart, is not installed.", "Install the package nftables, or use --network rootless.");
        }

        if (host.Setting("ipv4/ip_forward") != "1")
        {
            throw ForwardingOff(mode, "IPv4", "net.ipv4.ip_forward");
        }

        using RouteSocket routes = host.OpenRoutes();
        bool forwards6 = host.Setting("ipv6/conf/all/forwarding") == "1";
        if (request.Mode == NetworkMode.Routed && !forwards6)
        {
            throw ForwardingOff(mode, "IPv6", "net.ipv6.conf.all.forwarding");
        }

        return new HostFacts(
            HostNetwork.Uplink(routes, ipv6: false)?.Mtu ?? HostNetwork.Uplink(routes, ipv6: true)?.Mtu ?? Ethernet,
            forwards6 && HostNetwork.HasOutside6(routes),
            request.Mode != NetworkMode.Routed ? null : request.Ipv6Prefix is { } given ? RoutedPrefix.Parse(given) : OwnPrefix(routes));
    }

    private static IPNetwork OwnPrefix(RouteSocket routes)
    {
        NetworkLink uplink = HostNetwork.Uplink(routes, ipv6: true) ?? throw NoPrefix("it has no default route for IPv6");
        IPAddress own = routes.Addresses(uplink.Index).Select(static a => a.Address).FirstOrDefault(s_global.Contains) ?? throw NoPrefix($"its interface {uplink.Name} has no global IPv6 address");
        byte[] bytes = own.GetAddressBytes();
        bytes.AsSpan(InterfaceBits / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), InterfaceBits);
    }

    private static HearthException NoPrefix(string cause) => new(
        "network.no-prefix", $"--network routed: this host has no IPv6 prefix for VMs: {cause}.", "Give one that is routed to this host with --ipv6-prefix, or use --network bridged.");

    private static HearthException ForwardingOff(string mode, string family, string setting) => new(
        "network.forwarding-off", $"{mode}: this host does not forward {family}: {setting} is not 1.", $"Run 'sysctl -w {setting}=1' (and set it in /etc/sysctl.d), or use --network rootless.");
}
