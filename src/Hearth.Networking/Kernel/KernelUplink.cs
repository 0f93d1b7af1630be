using System.Net;
using System.Net.NetworkInformation;
using Hearth.Core.Errors;
using Hearth.Linux;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;
using Hearth.Networking.Topology;

namespace Hearth.Networking.Kernel;

// Theory of operation
//
//   VM's namespace:  br0 ── (routes) ── up0 ═══ veth ═══ hearth-1a2b3c4d ── (host's routes and rules) ── eth0 :host
//
// The host's kernel forwards the guest's packets; no process of this or another program sees them. Both ends are told of each other: the namespace's
// default route goes to a next hop that is nobody's address but a permanent neighbour, the host's route to the guest's one address likewise. So
// there is no ARP and no neighbour discovery between the two, nothing to announce when a copy comes, and no address is used up for the link itself.
//
// The host's table (HostRules.cs) lets only the guest's own addresses in from its interface, and nothing from VM to VM.
//
// Order: requirements → lease → host's rules (one run of nft; meanwhile namespace, pair, namespace's side) → host's side. The interface
// is up only under the rules. Released in reverse. When the supervisor is killed, the kernel removes the namespace, the pair with it, and with that
// routes and neighbours; the lease's lock goes with the process; what stays is told of in HostGuests.cs.

/// <summary>The way out of a namespace through the host's kernel.</summary>
internal sealed class KernelUplink : IVmUplink
{
    private const string Name = "up0";

    private static readonly PhysicalAddress s_hostStation = PhysicalAddress.Parse("02-48-00-00-00-04");
    private static readonly PhysicalAddress s_station = PhysicalAddress.Parse("02-48-00-00-00-05");
    private static readonly IPAddress s_nextHop = IPAddress.Parse("169.254.1.1");
    private static readonly IPAddress s_nextHop6 = IPAddress.Parse("fe80::48:1");

    private readonly HostNetwork _host;
    private readonly KernelLease _lease;
    private readonly HostGuest _guest;
    private readonly Action<string> _warn;
    private readonly Task _rules;
    private bool _hasPair;

    private KernelUplink(HostNetwork host, KernelLease lease, int mtu, Action<string> warn, CancellationToken cancellationToken)
    {
        _host = host;
        _lease = lease;
        _guest = lease.Guest;
        _warn = warn;
        Addressing = lease.Addressing(mtu);
        _rules = HostGuests.AddAsync(host, _guest, cancellationToken);
    }

    public string Interface => Name;

    public string? Waiting => null;

    /// <summary>The host's loopback is reached by pasta alone.</summary>
    public bool ReachesHost
    {
        get => false;
        set => throw new NotSupportedException("A kernel path does not lead to the host's loopback.");
    }

    public GuestAddressing Addressing { get; }

    /// <summary>Leases the guest's addresses and begins to let it into the host's rules.</summary>
    /// <exception cref="HearthException">As <see cref="HostRequirements.Require"/>, <c>network.exhausted</c>.</exception>
    public static async Task<KernelUplink> PrepareAsync(HostNetwork host, KernelRequest request, Action<string> warn, CancellationToken cancellationToken)
    {
        HostFacts facts = HostRequirements.Require(host, request);
        return new KernelUplink(host, await KernelLease.TakeAsync(host, facts, request, cancellationToken), facts.Mtu, warn, cancellationToken);
    }

    /// <summary>Ties a namespace to the host. Once.</summary>
    /// <exception cref="HearthException"><c>network.link-failed</c>, <c>egress.nft-failed</c>.</exception>
    public async Task ConnectAsync(NetworkNamespace space)
    {
        try
        {
            using RouteSocket host = _host.OpenRoutes();
            RemovePair(host);
            host.AddPair(_guest.Interface, s_hostStation, Name, Addressing.Mtu, s_station, space.Handle);
            _hasPair = true;
            using (RouteSocket inside = space.OpenRoutes())
            {
                RaiseInside(inside);
            }

            await _rules;
            RaiseOnHost(host);
        }
        catch (ErrnoException e)
        {
            throw new HearthException(
                "network.link-failed", $"The VM's network cannot be tied to the host's: {e.Message}", "The host's kernel needs veth (modprobe veth); 'hearth doctor' says more; --network rootless needs neither.", inner: e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _rules;
        }
        catch (Exception e) when (e is HearthException or OperationCanceledException)
        {
            // Who opened it was told by ConnectAsync, or gave up himself; what was begun is taken back below.
        }

        try
        {
            // Both at once: the kernel waits until nobody looks at an interface any more, and nft is a program that starts. The guest has ended before.
            await Task.WhenAll(_hasPair ? Task.Run(RemovePair) : Task.CompletedTask, HostGuests.RemoveAsync(_host, _guest, CancellationToken.None));
        }
        catch (Exception e) when (e is HearthException or ErrnoException)
        {
            _warn($"what the VM had in the host's network was not removed: {e.Message}");
        }

        _lease.Dispose();
    }

    private void RemovePair()
    {
        using RouteSocket host = _host.OpenRoutes();
        RemovePair(host);
    }

    /// <summary>Also one of a killed supervisor's, whose namespace the kernel takes apart in its own time: it may go meanwhile, and is nobody's.</summary>
    private void RemovePair(RouteSocket host)
    {
        if (host.IndexNamed(_guest.Interface) is { } index)
        {
            try
            {
                host.Remove(index);
            }
            catch (ErrnoException) when (host.IndexNamed(_guest.Interface) is null)
            {
                // It went.
            }
        }
    }

    private void RaiseInside(RouteSocket routes)
    {
        int index = routes.IndexOf(Name);
        routes.Set(index, up: true);
        routes.AddNeighbour(index, s_nextHop, s_hostStation);
        routes.AddRoute(index, IPAddress.Any, 0, s_nextHop);
        if (_guest.Address6 is not null)
        {
            routes.AddNeighbour(index, s_nextHop6, s_hostStation);
            routes.AddRoute(index, IPAddress.IPv6Any, 0, s_nextHop6);
        }
    }

    private void RaiseOnHost(RouteSocket routes)
    {
        int index = routes.IndexNamed(_guest.Interface) ?? throw new ErrnoException("RTM_GETLINK", NoDevice, _guest.Interface);
        routes.MakeNoAddresses(index);
        routes.Set(index, up: true);
        routes.AddNeighbour(index, _guest.Address, s_station);
        routes.AddRoute(index, _guest.Address, 32, null);
        if (_guest.Address6 is { } address6)
        {
            routes.AddNeighbour(index, address6, s_station);
            routes.AddRoute(index, address6, 128, null);
        }
    }

    private const int NoDevice = 19; // ENODEV
}
