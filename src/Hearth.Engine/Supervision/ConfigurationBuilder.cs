using System.Globalization;
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
        network is null ? [] : Resolvers(spec.Network, network.Guest),
        [
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::\tip6-localnet",
            "ff00::\tip6-mcastprefix",
            "ff02::1\tip6-allnodes",
            "ff02::2\tip6-allrouters",
            network is null ? $"127.0.1.1\t{spec.Container.Hostname}" : $"{network.Guest.Address.Address}\t{spec.Container.Hostname}",
            .. spec.Network?.Hosts ?? [],
        ],
        network is null ? null : Interface(network.Guest, spec.Network));

    private static GuestNetwork Interface(GuestAddressing guest, NetworkSpec? asked) => new(
        GuestAddressing.Text(guest.Station),
        guest.Mtu,
        [.. guest.Addresses.Select(static a => $"{a.Address}/{a.Prefix.ToString(CultureInfo.InvariantCulture)}")],
        [guest.Gateway.ToString(), .. guest.Gateway6 is { } gateway6 ? (string[])[gateway6.ToString()] : []],
        guest.Window,
        asked?.ForwardLocalhost is { Count: > 0 } ports ? ports : null);

    /// <summary>The gateway answers names. Its search domains are the host's, read when the guest is told.</summary>
    private static string[] Resolvers(NetworkSpec? asked, GuestAddressing guest)
    {
        IReadOnlyList<string> search = new HostResolvers(asked?.Dns ?? [], asked?.DnsSearch ?? []).Current.Search;
        return search.Count > 0 ? [$"nameserver {guest.Gateway}", $"search {string.Join(' ', search)}"] : [$"nameserver {guest.Gateway}"];
    }

    /// <summary>The VM's id is random already; its first half is the machine's id.</summary>
    private static string MachineId(string vmId) => vmId[..32];

    public static long UnixNanoseconds(TimeProvider time) => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
