using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using Hearth.Core.Errors;
using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Files;
using Hearth.Linux.Namespaces;
using Hearth.Linux.Processes;
using Hearth.Linux.Routing;

namespace Hearth.Networking.Topology;

// Theory of operation
//
// pasta(1) of the passt package is the way out of a namespace without privilege: it makes a TAP interface in the namespace and translates
// what comes through it to ordinary sockets of the host, and back. Here it gets one guest address to serve, and only packets of that
// address ever reach its interface: the namespace routes, it does not bridge, and owns no address on that side. So the fault of old
// versions (before 2024), which answer to whatever address they overheard last, has nothing to overhear. Ports are not published
// through it (Ports/PortPublisher.cs).
//
// Steps: child made (death signal, the namespace's descriptors) → its interface appears (link event) → raised, with the default routes.
// Its standard error is a pipe: the end of it is pasta's end, and its last lines say why.

/// <summary>A running pasta, the uplink of one namespace.</summary>
public sealed class Pasta : IDisposable
{
    public const string Program = "pasta";

    /// <summary>Its own address on the namespace's side: the next hop, and the host's loopback for a guest that may reach that. Link-local, so that it hides no network that the host can reach.</summary>
    public static readonly IPAddress NextHop = IPAddress.Parse("169.254.1.2");

    /// <summary>The largest that it takes: no host limits it, because it terminates TCP, and datagrams are cut by the host.</summary>
    public const int Mtu = 65520;

    internal const string Interface = "pasta0";

    private const int KillSignal = 9;

    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(30);
    private static readonly PhysicalAddress s_station = PhysicalAddress.Parse("02-48-00-00-00-02");
    private static readonly IPAddress s_nextHop6 = IPAddress.Parse("fe80::48:2");

    private readonly ChildProcess _process;
    private readonly DescriptorStream _errors;

    private Pasta(ChildProcess process, DescriptorStream errors)
    {
        _process = process;
        _errors = errors;
    }

    public int Pid => _process.Pid;

    /// <summary>Where it is.</summary>
    /// <exception cref="HearthException"><c>network.pasta-missing</c>.</exception>
    public static string Require() => ToolProcess.Find(Program) ?? throw new HearthException(
        "network.pasta-missing", "pasta, the way out of a rootless network, is not installed.", "Install the package passt, or run with --network none.");

    /// <summary>Starts it and waits until packets can pass.</summary>
    /// <exception cref="HearthException"><c>network.pasta-missing</c>, <c>network.pasta-failed</c>.</exception>
    /// <param name="space">Where its interface goes.</param>
    /// <param name="guest">Whom it serves.</param>
    /// <param name="reachesHost">What is sent to <see cref="NextHop"/> goes to the host's loopback.</param>
    /// <param name="cancellationToken">Ends the wait, and it.</param>
    public static async Task<Pasta> StartAsync(NetworkNamespace space, GuestAddressing guest, bool reachesHost, CancellationToken cancellationToken)
    {
        string program = Require();
        using DescriptorStream events = space.OpenLinkEvents();
        Pasta pasta = await SpawnThread.RunAsync(() => Launch(program, space, guest, reachesHost));
        try
        {
            bool late = false;
            using CancellationTokenSource bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bound.CancelAfter(s_startTimeout);
            await using (bound.Token.Register(() => late = Children.Signal(pasta.Pid, KillSignal)))
            {
                if (!await Task.Run(() => pasta.AwaitInterface(events), CancellationToken.None))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    throw pasta.Failed(late ? $"has made no interface within {s_startTimeout.TotalSeconds:0} s" : "ended");
                }
            }

            using RouteSocket routes = space.OpenRoutes();
            Raise(routes, guest);
            return pasta;
        }
        catch
        {
            pasta.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Children.Signal(_process.Pid, KillSignal);
        Children.Wait(_process.Pid, out _);
        _process.Handle.Dispose();
        _errors.Dispose();
    }

    private static Pasta Launch(string program, NetworkNamespace space, GuestAddressing guest, bool reachesHost)
    {
        (Microsoft.Win32.SafeHandles.SafeFileHandle read, Microsoft.Win32.SafeHandles.SafeFileHandle write) = Descriptors.Pipe();
        using (write)
        {
            Descriptors.SetNonBlocking(write); // A pipe that nobody reads must not stop it.
            using ChildProgram child = new();
            int network = Number(space.Handle);
            int user = space.UserHandle is { } handle ? Number(handle) : network;
            int free = Math.Max(Math.Max(network, user), Number(write)) + 1;
            child.DieWithParent();
            child.NewSession();
            child.WithoutHugePages(); // Its tables of buffers are 57 MiB with a line here and there: 29 MB in huge pages.
            child.CloseOthersOnExec();
            child.Duplicate(network, free);
            child.Duplicate(user, free + 1);
            child.Duplicate(Number(write), 2);
            child.OpenAsZero("/dev/null", write: true);
            child.Duplicate(0, 1);
            child.ResetSignals();
            List<string> arguments = Arguments(guest, space.UserHandle is not null, free, free + 1);
            child.Execute([program], reachesHost ? arguments : [.. arguments, "--no-map-gw"], []);
            return new Pasta(child.Launch(new LaunchOptions()), new DescriptorStream(read));
        }
    }

    private static List<string> Arguments(GuestAddressing guest, bool ownUsers, int network, int user)
    {
        List<string> arguments =
        [
            Program, "--foreground", "--quiet", "--ns-ifname", Interface, "--mtu", guest.Mtu.ToString(CultureInfo.InvariantCulture),
            "--no-dhcp", "--no-dhcpv6", "--no-ra", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
            "--mac-addr", GuestAddressing.Text(s_station),
            "-a", guest.Address.Address.ToString(), "-n", guest.Address.Prefix.ToString(CultureInfo.InvariantCulture), "-g", NextHop.ToString(),
        ];
        arguments.AddRange(guest.Address6 is { } address6 ? ["-a", address6.Address.ToString(), "-g", s_nextHop6.ToString()] : ["--ipv4-only", "--no-ndp"]);
        if (ProcessTable.IsRoot)
        {
            // Left alone it becomes nobody, who may not enter a namespace of root's. It gives up root's capabilities all the same.
            arguments.AddRange(["--runas", "0"]);
        }

        arguments.AddRange(ownUsers ? ["--userns", $"/proc/self/fd/{user}"] : ["--netns-only"]);
        arguments.AddRange(["--netns", $"/proc/self/fd/{network}"]);
        return arguments;
    }

    /// <summary>False: it ended before it had made one.</summary>
    private bool AwaitInterface(DescriptorStream events)
    {
        byte[] datagram = new byte[32 << 10];
        while (Readiness.Wait(events.Handle, _process.Handle, null, wait: true) is { First: true })
        {
            if (LinkEvent.Names(datagram.AsSpan(0, events.Read(datagram)), Interface))
            {
                return true;
            }
        }

        return false;
    }

    private static void Raise(RouteSocket routes, GuestAddressing guest)
    {
        int index = routes.IndexOf(Interface);
        routes.Set(index, up: true, mtu: guest.Mtu);
        routes.AddNeighbour(index, NextHop, s_station);
        routes.AddRoute(index, IPAddress.Any, 0, NextHop);
        if (guest.Address6 is not null)
        {
            routes.AddNeighbour(index, s_nextHop6, s_station); // Asking would take an address on this side.
            routes.AddRoute(index, IPAddress.IPv6Any, 0, s_nextHop6);
        }
    }

    /// <summary>Precondition: it has ended, or is about to: its standard error is read to its end.</summary>
    private HearthException Failed(string how)
    {
        using StreamReader reader = new(_errors, Encoding.UTF8, false, 512, leaveOpen: true);
        string said = string.Join(' ', reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static line => !line.StartsWith("Failed to send ", StringComparison.Ordinal)));
        return new HearthException(
            "network.pasta-failed",
            $"pasta, the way out of a rootless network, {how}{(said.Length > 0 ? $": {said}" : ".")}",
            "'hearth doctor' checks what it needs; --network none runs without a network.");
    }

    private static int Number(Microsoft.Win32.SafeHandles.SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
