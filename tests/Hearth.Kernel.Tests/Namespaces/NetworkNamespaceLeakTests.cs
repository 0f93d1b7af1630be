using System.Net.Sockets;
using Hearth.Kernel.Tests.Networking;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Routing;

namespace Hearth.Kernel.Tests.Namespaces;

/// <summary>Counts the namespaces that the whole process has open, so it runs when no other test does.</summary>
[Collection(VmNetworkTests.Name)]
public sealed class NetworkNamespaceLeakTests
{
    [SkippableFact]
    public void Nothing_stays_open_whether_it_works_or_not()
    {
        using (NetworkNamespace warm = NetworkNamespaceTests.Create())
        {
            Should.Throw<ChildProgramException>(() => warm.Configure(("ipv4/ip_forward", "1"), ("ipv4/no_such_setting", "1")));
        }

        // What earlier tests left to the collector is closed first.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int before = Namespaces();
        for (int i = 0; i < 20; i++)
        {
            using NetworkNamespace space = NetworkNamespaceTests.Create();
            using RouteSocket routes = space.OpenRoutes();
            using Socket socket = space.OpenSocket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            Should.Throw<ChildProgramException>(() => space.Configure(("ipv4/ip_forward", "1"), ("ipv4/no_such_setting", "1")));
        }

        Namespaces().ShouldBe(before);

        static int Namespaces() => Directory.EnumerateFiles("/proc/self/fd").Count(static link => new FileInfo(link).LinkTarget is { } target
            && (target.StartsWith("net:", StringComparison.Ordinal) || target.StartsWith("user:", StringComparison.Ordinal) || target.StartsWith("/proc/sys/net", StringComparison.Ordinal)));
    }
}
