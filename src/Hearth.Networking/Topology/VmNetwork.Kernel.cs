using System.Net;
using System.Net.NetworkInformation;
using Hearth.Core.Errors;
using Hearth.Linux.Routing;
using Hearth.Networking.Kernel;

namespace Hearth.Networking.Topology;

/// <content>Networks that the host's kernel leads out.</content>
public sealed partial class VmNetwork
{
    /// <summary>A network whose way out is the host's kernel.</summary>
    /// <param name="host">What it is tied to.</param>
    /// <param name="request">What the VM wants of that.</param>
    /// <param name="bitsPerSecond">As for <see cref="OpenRootless"/>.</param>
    /// <param name="warn">Takes a line when something cannot be removed at the end.</param>
    /// <param name="cancellationToken">Ends it; nothing is left then.</param>
    /// <exception cref="HearthException">
    /// <c>network.privilege</c>, <c>network.nft-missing</c>, <c>network.forwarding-off</c>, <c>network.no-prefix</c>, <c>network.prefix</c>, <c>network.exhausted</c>, <c>network.link-failed</c>,
    /// <c>network.namespace-denied</c>, <c>network.tap-denied</c>, <c>network.rate</c>, <c>egress.nft-failed</c>.
    /// </exception>
    public static async Task<VmNetwork> OpenKernelAsync(HostNetwork host, KernelRequest request, long? bitsPerSecond, Action<string> warn, CancellationToken cancellationToken)
    {
        KernelUplink uplink = await KernelUplink.PrepareAsync(host, request, warn, cancellationToken);
        VmNetwork? network = null;
        try
        {
            network = Open(uplink.Addressing, bitsPerSecond, (_, _) => uplink);
            await uplink.ConnectAsync(network._space);
            return network;
        }
        catch
        {
            await (network?.DisposeAsync() ?? uplink.DisposeAsync());
            throw;
        }
    }

    /// <summary>Removes what a VM left in the host's network whose supervisor was killed. Precondition: it has none, and gets none meanwhile.</summary>
    /// <exception cref="HearthException"><c>egress.nft-missing</c>, <c>egress.nft-failed</c>, <c>lock.failed</c>.</exception>
    public static Task RemoveDeadAsync(HostNetwork host, string vmId, CancellationToken cancellationToken) => HostGuests.RemoveDeadAsync(host, vmId, cancellationToken);

    /// <summary>An address that is a network by itself is on no network of the bridge's.</summary>
    private static void AddGuest(RouteSocket routes, int bridge, (IPAddress Address, int Prefix) guest, PhysicalAddress station)
    {
        int bits = guest.Address.GetAddressBytes().Length * 8;
        routes.AddNeighbour(bridge, guest.Address, station);
        if (guest.Prefix == bits)
        {
            routes.AddRoute(bridge, guest.Address, bits, null);
        }
    }
}
