using System.Net;
using System.Text.Json;
using Hearth.Core.Errors;
using Hearth.Core.Naming;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Networking.Leases;
using Hearth.Networking.Topology;

namespace Hearth.Engine.Networks;

/// <summary>The named networks of a home. They are made and removed under <c>locks/networks</c>; what a network is does not change.</summary>
public sealed class NetworkStore(HearthPaths paths)
{
    private string LockFile => Path.Combine(paths.Locks, "networks");

    /// <exception cref="HearthException"><c>network.name</c>, <c>network.exists</c>, <c>network.overlap</c>, <c>network.no-subnet</c>.</exception>
    /// <param name="name">A label of DNS, and no word that <c>--network</c> has another meaning for.</param>
    /// <param name="subnet">Null: one that is free.</param>
    /// <param name="subnet6">Null: none, unless <paramref name="ipv6"/>.</param>
    /// <param name="ipv6">With an IPv6 subnet that is free.</param>
    /// <param name="isInternal">Leads nowhere else.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends the wait for the lock.</param>
    public async Task<NamedNetwork> CreateAsync(string name, IPNetwork? subnet, IPNetwork? subnet6, bool ipv6, bool isInternal, DateTimeOffset now, CancellationToken cancellationToken)
    {
        NetworkNames.Require(name);
        using FileLock held = await FileLock.AcquireAsync(LockFile, cancellationToken);
        IReadOnlyList<NamedNetwork> others = List();
        if (others.Any(other => other.Name == name))
        {
            throw new HearthException("network.exists", $"There is a network {name}.", "'hearth network ls' lists them; 'hearth network rm' removes one.", 1);
        }

        SubnetChoice choice = new(others, HostRoutes.Destinations());
        NamedNetwork made = new()
        {
            Name = name,
            Subnet = (subnet is { } asked ? choice.Check(asked) : choice.Find4()).ToString(),
            Subnet6 = subnet6 is { } asked6 ? choice.Check(asked6).ToString() : ipv6 ? choice.Find6(name).ToString() : null,
            Internal = isInternal,
            Created = now,
        };
        Directory.CreateDirectory(DirectoryOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(FileOf(name), JsonSerializer.SerializeToUtf8Bytes(made, HearthJson.Default.NamedNetwork));
        return made;
    }

    /// <summary>All, by name.</summary>
    /// <exception cref="HearthException"><c>network.newer</c>, <c>network.corrupt</c>.</exception>
    public IReadOnlyList<NamedNetwork> List() => Directory.Exists(paths.Networks)
        ? [.. Directory.EnumerateDirectories(paths.Networks).Select(static directory => TryRead(Path.Combine(directory, "network.json"))).OfType<NamedNetwork>().OrderBy(static network => network.Name, StringComparer.Ordinal)]
        : [];

    /// <exception cref="HearthException"><c>network.not-found</c>, and as <see cref="List"/>.</exception>
    /// <param name="name">As the user wrote it.</param>
    /// <param name="exitCode">Of the command that is refused.</param>
    public NamedNetwork Require(string name, int exitCode = 1) => (DnsLabel.IsValid(name) ? TryRead(FileOf(name)) : null)
        ?? throw new HearthException("network.not-found", $"There is no network {name}.", $"'hearth network create {name}' makes it; 'hearth network ls' lists those there are.", exitCode);

    /// <summary>Those of some VMs that are on it, or will be when they start.</summary>
    public static IReadOnlyList<VmModel> Users(NamedNetwork network, IEnumerable<VmModel> vms) => [.. vms.Where(vm => vm.Spec.Network?.Networks.Contains(network.Name) == true)];

    /// <exception cref="HearthException"><c>network.not-found</c>, <c>network.in-use</c>.</exception>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        using FileLock held = await FileLock.AcquireAsync(LockFile, cancellationToken);
        NamedNetwork network = Require(name);
        if (Users(network, HearthHome.Open(paths).Vms.List()) is { Count: > 0 } users)
        {
            throw new HearthException(
                "network.in-use",
                $"Network {name} has VMs: {string.Join(", ", users.Select(static vm => vm.Name))}.",
                $"Remove them, or take them off ('hearth network disconnect {name} {users[0].Name}').",
                1);
        }

        File.Delete(FileOf(name));
        Directory.Delete(DirectoryOf(name), recursive: true);
    }

    /// <summary>Those on the network whose owners live: addresses and VM ids.</summary>
    internal IEnumerable<AddressPool> Pools(NamedNetwork network)
    {
        yield return PoolOf(network.Name, IPNetwork.Parse(network.Subnet));
        if (network.Subnet6 is { } subnet6)
        {
            yield return PoolOf(network.Name, IPNetwork.Parse(subnet6));
        }
    }

    internal string SocketsOf(string name) => Path.Combine(DirectoryOf(name), "sockets");

    private AddressPool PoolOf(string name, IPNetwork subnet) => new(Path.Combine(DirectoryOf(name), "leases"), subnet, []);

    private string DirectoryOf(string name) => Path.Combine(paths.Networks, name);

    private string FileOf(string name) => Path.Combine(DirectoryOf(name), "network.json");

    private static NamedNetwork? TryRead(string path)
    {
        try
        {
            NamedNetwork network = JsonSerializer.Deserialize(File.ReadAllBytes(path), HearthJson.Default.NamedNetwork) ?? throw new JsonException("null");
            return network.Version <= NamedNetwork.CurrentVersion
                ? network
                : throw new HearthException("network.newer", $"{path} has format {network.Version}; this hearth knows up to {NamedNetwork.CurrentVersion}.", "Use the newer hearth that made it.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new HearthException("network.corrupt", $"{path} cannot be read: {e.Message}", "Remove its directory, and create the network again.", inner: e);
        }
    }
}
