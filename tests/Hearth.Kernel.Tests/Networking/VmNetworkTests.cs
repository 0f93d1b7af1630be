using System.Globalization;
using System.Net.Sockets;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;
using Hearth.Networking.Topology;

namespace Hearth.Kernel.Tests.Networking;

/// <summary>VMs' networks made and released, many at once: this host is as it was. Counts what this process has, so nothing else runs beside it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class VmNetworkTests
{
    internal const string Name = "networks";
    private const int AtOnce = 8;
    private const int Rounds = 50;
    private const int RoundsWithPasta = 5;

    [SkippableFact]
    public async Task Eight_at_once_fifty_times_leave_the_host_as_it_was()
    {
        Skip.IfNot(RootlessNetwork.Obstacle() is null, RootlessNetwork.Obstacle());
        await RoundAsync(withPasta: true);
        string[] before = Traces();

        for (int round = 0; round < Rounds; round++)
        {
            await RoundAsync(withPasta: round < RoundsWithPasta);
        }

        Traces().ShouldBe(before);
    }

    private static Task RoundAsync(bool withPasta) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(number => Task.Run(() => OneAsync(number, withPasta))));

    private static async Task OneAsync(int number, bool withPasta)
    {
        await using VmNetwork network = VmNetwork.OpenRootless($"test-{number}", number % 2 == 0 ? 100_000_000 : null, needsIPv6: false, static _ => { });
        using Socket names = network.OpenGatewaySocket(SocketType.Dgram, 53, ipv6: false);
        if (withPasta)
        {
            using NetworkNamespace space = NetworkNamespace.Create(ownUsers: true);
            using Pasta uplink = await Pasta.StartAsync(space, network.Guest, reachesHost: false, CancellationToken.None);
        }
    }

    /// <summary>The host's interfaces, and this process's children and descriptors by what they are.</summary>
    private static string[] Traces()
    {
        using RouteSocket routes = RouteSocket.Open();
        return
        [
            .. routes.Links().Select(static link => $"interface {link.Name}"),
            .. Directory.EnumerateFiles("/proc/self/fd")
                .Select(static path => new FileInfo(path).LinkTarget ?? "")
                .Select(static target => target.StartsWith('/') ? target : target.Split(':')[0])
                .Where(static target => target is "net" or "user" or "/dev/net/tun" or "anon_inode")
                .CountBy(static target => target)
                .OrderBy(static kind => kind.Key, StringComparer.Ordinal)
                .Select(static kind => $"{kind.Value} of {kind.Key}"),
            .. Children(),
        ];
    }

    /// <summary>By what each process says of itself: the kernel's list of a thread's children misses some while threads end (proc(5)).</summary>
    private static IEnumerable<string> Children()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string stat;
            try
            {
                stat = File.ReadAllText($"{directory}/stat");
            }
            catch (IOException)
            {
                continue; // It has just ended.
            }

            if (int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) == Environment.ProcessId)
            {
                yield return $"child {Path.GetFileName(directory)}";
            }
        }
    }
}
