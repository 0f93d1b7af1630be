using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Hearth.Agent.Boot;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.Guest;
using Hearth.Linux.Routing;
using Hearth.Protocol.Agent;

namespace Hearth.Agent.Network;

/// <summary>
/// The guest's network interface. What it was given last is kept, here and in the memory of a guest that is frozen: a clone changes what is its
/// own, which is mostly the hardware address alone. That comes first: from then on the host takes the guest's frames.
/// </summary>
internal static class GuestInterface
{
    private static readonly string[] s_modules = ["failover", "net_failover", "virtio_net"];

    private static GuestNetwork? s_given;
    private static int s_link;

    /// <exception cref="HearthException"><c>guest.network</c>: there is no interface, or it does not take what it is given.</exception>
    public static void Apply(GuestNetwork? wanted)
    {
        if (wanted is null)
        {
            return;
        }

        if (!Same(wanted, s_given))
        {
            Change(wanted);
        }

        LocalhostForwards.Apply(wanted.ForwardLocalhost ?? [], IPAddress.Parse(wanted.Gateways[0]));
    }

    private static void Change(GuestNetwork wanted)
    {
        try
        {
            using RouteSocket routes = RouteSocket.Open();
            if (s_given is { } given && s_link > 0 && Same(wanted with { Station = given.Station }, given))
            {
                // A copy. Each further question would be code that its emulator has not translated yet.
                routes.Set(s_link, address: PhysicalAddress.Parse(wanted.Station));
                s_given = wanted;
                return;
            }

            NetworkLink link = Find(routes) ?? throw new HearthException("guest.network", "The guest has no network interface.", "Its kernel has no driver for virtio network devices; 'hearth kernel ls' shows others.");
            Give(routes, link, wanted, s_given);
            (s_given, s_link) = (wanted, link.Index);
        }
        catch (ErrnoException e)
        {
            throw new HearthException("guest.network", $"The guest's network interface cannot be set up: {e.Message}", null, inner: e);
        }
    }

    private static bool Same(GuestNetwork one, GuestNetwork? other) => other is not null
        && one.Station == other.Station && one.Mtu == other.Mtu && one.Addresses.SequenceEqual(other.Addresses) && one.Gateways.SequenceEqual(other.Gateways) && one.Window == other.Window
        && (one.Routes ?? []).SequenceEqual(other.Routes ?? []);

    /// <summary>The driver is loaded when it is first asked for: a guest without a network does not pay for it.</summary>
    private static NetworkLink? Find(RouteSocket routes)
    {
        if (FirstEthernet(routes) is { } there)
        {
            return there;
        }

        foreach (string file in s_modules.Select(static name => $"{GuestPaths.Modules}/{name}.ko").Where(File.Exists))
        {
            GuestKernel.LoadModule(file);
        }

        return FirstEthernet(routes);
    }

    private static NetworkLink? FirstEthernet(RouteSocket routes) => routes.Links().FirstOrDefault(static link => link.IsEthernet);

    private static void Give(RouteSocket routes, NetworkLink link, GuestNetwork wanted, GuestNetwork? given)
    {
        PhysicalAddress station = PhysicalAddress.Parse(wanted.Station);
        if (!link.Address.Equals(station))
        {
            routes.Set(link.Index, address: station);
        }

        if (!link.IsUp || link.Mtu != wanted.Mtu)
        {
            // IPv6 makes no addresses of its own: all that it has is given, and can be taken away again.
            File.WriteAllText($"/proc/sys/net/ipv6/conf/{link.Name}/addr_gen_mode", "1");
            File.WriteAllText($"/proc/sys/net/ipv6/conf/{link.Name}/accept_ra", "0");
            routes.Set(link.Index, up: true, mtu: wanted.Mtu);
        }

        IReadOnlyList<string> before = given?.Addresses ?? [];
        foreach (string old in before.Except(wanted.Addresses))
        {
            (IPAddress address, int prefix) = Parse(old);
            routes.RemoveAddress(link.Index, address, prefix);
        }

        foreach (string added in wanted.Addresses.Except(before))
        {
            (IPAddress address, int prefix) = Parse(added);
            routes.AddAddress(link.Index, address, prefix);
        }

        // Routes go with the addresses that they were made for.
        if (given is null || !wanted.Gateways.SequenceEqual(given.Gateways) || !wanted.Addresses.SequenceEqual(before) || wanted.Window != given.Window)
        {
            if (given is not null && given.Gateways.Any(IsIpv6) && !wanted.Gateways.Any(IsIpv6))
            {
                routes.RemoveRouteIfThere(link.Index, new IPNetwork(IPAddress.IPv6Any, 0)); // It does not go with the addresses, and would promise what is not there.
            }

            foreach (IPAddress gateway in wanted.Gateways.Select(IPAddress.Parse))
            {
                bool ipv6 = gateway.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
                routes.AddRoute(link.Index, ipv6 ? IPAddress.IPv6Any : IPAddress.Any, 0, gateway, wanted.Window);
            }
        }

        GiveRoutes(routes, link, wanted, given);
    }

    /// <summary>Those of IPv4 went with the addresses that they were from; those of IPv6 have not.</summary>
    private static void GiveRoutes(RouteSocket routes, NetworkLink link, GuestNetwork wanted, GuestNetwork? given)
    {
        foreach (GuestRoute old in (given?.Routes ?? []).Except(wanted.Routes ?? []))
        {
            routes.RemoveRouteIfThere(link.Index, IPNetwork.Parse(old.Destination));
        }

        foreach (GuestRoute route in wanted.Routes ?? [])
        {
            (IPAddress destination, int prefix) = Parse(route.Destination);
            IPAddress gateway = wanted.Gateways.Select(IPAddress.Parse).First(gateway => gateway.AddressFamily == destination.AddressFamily);
            routes.AddRoute(link.Index, destination, prefix, gateway, wanted.Window, IPAddress.Parse(route.Source));
        }
    }

    private static bool IsIpv6(string address) => address.Contains(':', StringComparison.Ordinal);

    private static (IPAddress Address, int Prefix) Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return (IPAddress.Parse(text.AsSpan(0, slash)), int.Parse(text.AsSpan(slash + 1), CultureInfo.InvariantCulture));
    }
}
