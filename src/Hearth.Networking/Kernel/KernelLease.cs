using System.Net;
using Hearth.Core.Errors;
using Hearth.Linux.Routing;
using Hearth.Networking.Leases;
using Hearth.Networking.Topology;

namespace Hearth.Networking.Kernel;

/// <summary>The addresses of a VM with a kernel path, its own on this host for as long as its supervisor lives.</summary>
internal sealed class KernelLease : IDisposable
{
    /// <summary>Private networks (RFC 1918) that few others use, in the order in which they are tried.</summary>
    private static readonly IPNetwork[] s_pools = [IPNetwork.Parse("172.30.0.0/16"), IPNetwork.Parse("172.29.0.0/16"), IPNetwork.Parse("10.172.0.0/16")];

    /// <summary>Translated IPv6 addresses (RFC 4193); a guest's ends with its IPv4 address.</summary>
    private static readonly IPNetwork s_pool6 = IPNetwork.Parse("fd48:6561:7274:1::/64");

    private readonly AddressLease _lease;
    private readonly AddressLease? _lease6;

    private KernelLease(AddressLease lease, AddressLease? lease6, HostGuest guest)
    {
        _lease = lease;
        _lease6 = lease6;
        Guest = guest;
    }

    /// <summary>As the host's rules have it.</summary>
    public HostGuest Guest { get; }

    /// <exception cref="HearthException"><c>network.exhausted</c>, <c>lock.failed</c>.</exception>
    public static async Task<KernelLease> TakeAsync(HostNetwork host, HostFacts facts, KernelRequest request, CancellationToken cancellationToken)
    {
        using RouteSocket routes = host.OpenRoutes();
        AddressLease lease = await TakeAsync(host, routes, request.VmId, cancellationToken);
        AddressLease? lease6 = null;
        try
        {
            IPAddress? address6 = facts.HasIpv6 && IsFree(routes.Lookup(s_pool6.BaseAddress)) ? Translated(lease.Address) : null;
            string? proxy = null;
            if (facts.Prefix is { } prefix)
            {
                // One that is on the host's link, the host itself among them, falls under the link's route: only what has a route of its own is somebody's.
                lease6 = await new AddressPool(host.Leases(prefix), prefix, []).TakeAsync(request.VmId, address => routes.Lookup(address)?.Prefix != 128, cancellationToken);
                address6 = lease6.Address;
                proxy = routes.Lookup(address6) is { Prefix: > 0, IsReachable: true, HasGateway: false, Interface: { } link } ? routes.Link(link)?.Name : null;
            }

            return new KernelLease(lease, lease6, new HostGuest(request.VmId, request.Interface, lease.Address, address6, lease6 is not null, proxy));
        }
        catch
        {
            lease6?.Dispose();
            lease.Dispose();
            throw;
        }
    }

    /// <summary>What the guest is given; its gateways are those of a guest without a kernel path.</summary>
    public GuestAddressing Addressing(int mtu) => new(
        GuestAddressing.StationOf(Guest.VmId),
        mtu,
        (Guest.Address, 32),
        VmNetwork.Gateway,
        Guest.Address6 is { } address6 ? (address6, 128) : null,
        Guest.Address6 is null ? null : VmNetwork.Gateway6);

    public void Dispose()
    {
        _lease6?.Dispose();
        _lease.Dispose();
    }

    /// <summary>A pool that the host routes elsewhere as a whole has nothing to try; one of which it routes a part has the rest.</summary>
    private static async Task<AddressLease> TakeAsync(HostNetwork host, RouteSocket routes, string owner, CancellationToken cancellationToken)
    {
        foreach (IPNetwork pool in s_pools)
        {
            if (routes.Lookup(pool.BaseAddress) is { IsDefault: false } elsewhere && elsewhere.Prefix <= pool.PrefixLength)
            {
                continue;
            }

            try
            {
                return await new AddressPool(host.Leases(pool), pool, []).TakeAsync(owner, address => IsFree(routes.Lookup(address)), cancellationToken);
            }
            catch (HearthException e) when (e.Code == "network.exhausted")
            {
                // The next one.
            }
        }

        throw new HearthException("network.exhausted", $"No address for the VM is free: {string.Join(", ", s_pools)} are leased, or this host routes them elsewhere.", "Remove VMs that use such networks, or use --network rootless.");
    }

    /// <summary>Only the default route says nothing about an address.</summary>
    private static bool IsFree(RouteMatch? route) => route is null or { IsDefault: true };

    private static IPAddress Translated(IPAddress address)
    {
        byte[] bytes = s_pool6.BaseAddress.GetAddressBytes();
        address.GetAddressBytes().CopyTo(bytes, bytes.Length - 4);
        return new IPAddress(bytes);
    }
}
