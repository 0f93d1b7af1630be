using System.Net;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Linux.Files;
using Hearth.Linux.Routing;

namespace Hearth.Networking.Kernel;

// Theory of operation
//
// What of a VM outlives its supervisor in the host's network when that is killed: an element in sets of the rule set, and an entry that answers for an
// address on a link. Interface, routes and neighbours go with the VM's namespace; these two stay, and let nothing through, since their interface is
// gone. So that they are found again there is a record, a file <guests>/<IPv4 address>: written before the rules are changed, removed after. It is
// whoever leases the address next that removes what the dead had there, or the reconciler that finds the VM dead.
//
// All of it under the host's lock. The last record that goes takes the table with it.

/// <summary>The VMs in the host's rules.</summary>
internal static class HostGuests
{
    /// <summary>Lets a VM in. Precondition: the caller has the lease of its address.</summary>
    /// <exception cref="HearthException"><c>egress.nft-failed</c>, <c>lock.failed</c>: nothing was changed.</exception>
    public static async Task AddAsync(HostNetwork host, HostGuest guest, CancellationToken cancellationToken)
    {
        using FileLock held = await FileLock.AcquireAsync(host.Lock, cancellationToken);
        Directory.CreateDirectory(host.Guests);
        HostGuest? before = Read(FileOf(host, guest));
        if (before is { Proxy: not null, Address6: not null })
        {
            RemoveProxy(host, before);
        }

        AtomicFile.Write(FileOf(host, guest), Encoding.ASCII.GetBytes(guest.Format()), durable: false); // It is about what ends with the host's boot.
        await host.ApplyAsync(HostRules.Add(guest, before), cancellationToken);
        if (guest is { Proxy: { } proxy, Address6: { } address })
        {
            using RouteSocket routes = host.OpenRoutes();
            if (routes.IndexNamed(proxy) is { } index)
            {
                host.Configure($"ipv6/conf/{proxy}/proxy_ndp", "1");
                routes.AddProxy(index, address);
            }
        }
    }

    /// <summary>Takes a VM out; nothing when it is not in.</summary>
    /// <exception cref="HearthException"><c>egress.nft-failed</c>, <c>lock.failed</c>.</exception>
    public static async Task RemoveAsync(HostNetwork host, HostGuest guest, CancellationToken cancellationToken)
    {
        using FileLock held = await FileLock.AcquireAsync(host.Lock, cancellationToken);
        string file = FileOf(host, guest);
        if (Read(file) is { } there && there.VmId == guest.VmId)
        {
            bool isLast = !Directory.EnumerateFiles(host.Guests).Any(other => other != file && IPAddress.TryParse(Path.GetFileName(other), out _));
            if (there is { Proxy: not null, Address6: not null })
            {
                RemoveProxy(host, there);
            }

            await host.ApplyAsync(HostRules.Remove(there, isLast), cancellationToken);
            File.Delete(file);
        }
    }

    /// <summary>Takes out what a VM left whose supervisor was killed. Precondition: it has no supervisor, and gets none meanwhile.</summary>
    /// <exception cref="HearthException">As <see cref="RemoveAsync"/>.</exception>
    public static async Task RemoveDeadAsync(HostNetwork host, string vmId, CancellationToken cancellationToken)
    {
        if (Directory.Exists(host.Guests))
        {
            foreach (HostGuest left in Directory.EnumerateFiles(host.Guests).Select(Read).OfType<HostGuest>().Where(guest => guest.VmId == vmId).ToArray())
            {
                await RemoveAsync(host, left, cancellationToken);
            }
        }
    }

    private static void RemoveProxy(HostNetwork host, HostGuest guest)
    {
        using RouteSocket routes = host.OpenRoutes();
        if (routes.IndexNamed(guest.Proxy!) is { } index)
        {
            routes.RemoveProxy(index, guest.Address6!);
        }
    }

    private static string FileOf(HostNetwork host, HostGuest guest) => Path.Combine(host.Guests, guest.Address.ToString());

    private static HostGuest? Read(string file)
    {
        try
        {
            return HostGuest.Parse(File.ReadAllText(file));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
