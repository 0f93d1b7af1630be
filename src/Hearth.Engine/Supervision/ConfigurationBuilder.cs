using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hearth.Core.Hashing;
using Hearth.Core.Specs;
using Hearth.Networking.Dns;
using Hearth.Networking.Topology;
using Hearth.Protocol.Agent;

namespace Hearth.Engine.Supervision;

/// <summary>What a guest is told before its container starts or goes on. Built when it is sent: it holds the time.</summary>
internal static class ConfigurationBuilder
{
    private const int EntropyBytes = 64;

    /// <param name="spec">What was asked.</param>
    /// <param name="rootFileSystem">Type of the image.</param>
    /// <param name="network">The host's side of the network; null when there is none.</param>
    /// <param name="time">The host's clock.</param>
    public static GuestConfiguration Build(VmSpec spec, string rootFileSystem, VmNetwork? network, TimeProvider time) => new(
        UnixNanoseconds(time),
        SystemRandom.GetBytes(EntropyBytes),
        spec.Container.Hostname,
        MachineId(spec.Id),
        rootFileSystem,
        network is null ? [] : Resolvers(spec.Network, network),
        [
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::\tip6-localnet",
            "ff00::\tip6-mcastprefix",
            "ff02::1\tip6-allnodes",
            "ff02::2\tip6-allrouters",
            network is null ? $"127.0.1.1\t{spec.Container.Hostname}" : $"{OwnAddress(network)}\t{spec.Container.Hostname}",
            .. spec.Network?.Hosts ?? [],
        ],
        network is null ? null : Interface(network, spec.Network));

    /// <summary>By which its neighbours know it, if it has any.</summary>
    private static IPAddress OwnAddress(VmNetwork network) => network.Memberships is [var first, ..] ? first.Address : network.Guest.Address.Address;

    private static GuestNetwork Interface(VmNetwork network, NetworkSpec? asked) => Interface(network.Guest, network.Memberships.SelectMany(static membership => membership.Places).ToArray(), asked);

    private static GuestNetwork Interface(GuestAddressing guest, (IPAddress Address, IPNetwork Subnet)[] places, NetworkSpec? asked) => new(
        GuestAddressing.Text(guest.Station),
        guest.Mtu,
        [
            .. guest.Addresses.Select(static a => $"{a.Address}/{a.Prefix.ToString(CultureInfo.InvariantCulture)}"),
            .. places.Select(static place => $"{place.Address}/{(place.Address.AddressFamily == AddressFamily.InterNetwork ? "32" : "128")}"),
        ],
        [guest.Gateway.ToString(), .. guest.Gateway6 is { } gateway6 ? (string[])[gateway6.ToString()] : []],
        guest.Window,
        asked?.ForwardLocalhost is { Count: > 0 } ports ? ports : null,
        places.Length > 0 ? [.. places.Select(static place => new GuestRoute(place.Subnet.ToString(), place.Address.ToString()))] : null);

    /// <summary>The gateway answers names. Its search domains are the VM's networks and the host's, read when the guest is told.</summary>
    private static string[] Resolvers(NetworkSpec? asked, VmNetwork network)
    {
        string[] search =
        [
            .. network.Memberships.Select(static membership => membership.Network + StaticNames.Suffix),
            .. new HostResolvers(asked?.Dns ?? [], asked?.DnsSearch ?? []).Current.Search,
        ];
        string server = $"nameserver {network.Guest.Gateway}";
        return search.Length > 0 ? [server, $"search {string.Join(' ', search)}"] : [server];
    }

    /// <summary>The VM's id is random already; its first half is the machine's id.</summary>
    private static string MachineId(string vmId) => vmId[..32];

    public static long UnixNanoseconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
