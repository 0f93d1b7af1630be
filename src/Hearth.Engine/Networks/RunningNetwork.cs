using System.Net.Sockets;
using Hearth.Core.Specs;
using Hearth.Core.Storage;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;
using Hearth.Networking.HostAccess;
using Hearth.Networking.Kernel;
using Hearth.Networking.Ports;
using Hearth.Networking.Topology;

namespace Hearth.Engine.Networks;

/// <summary>
/// A VM's network while it runs: its namespace with the way out, the names it can ask for, its published ports. There before the VMM is started,
/// gone after it has ended.
/// </summary>
internal sealed class RunningNetwork : IAsyncDisposable
{
    private const int DnsPort = 53;

    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _serving = [];
    private readonly List<HostForward> _forwards = [];
    private readonly HearthPaths _paths;
    private readonly TimeProvider _time;
    private DnsForwarder? _names;
    private RunningEgress? _egress;

    private RunningNetwork(HearthPaths paths, VmSpec spec, VmNetwork network, TimeProvider time)
    {
        Network = network;
        Named = new NamedNetworks(new NetworkStore(paths), network, spec.Id);
        _paths = paths;
        _time = time;
        Guest = new GuestPorts(network);
        Publisher = new PortPublisher(Guest, time);
    }

    public VmNetwork Network { get; }

    public NamedNetworks Named { get; }

    public GuestPorts Guest { get; }

    public PortPublisher Publisher { get; }

    /// <summary>The network that a VM asks for; null when it asks for none.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException">As <see cref="VmNetwork.OpenRootless"/> and <see cref="VmNetwork.OpenKernelAsync"/>; <c>network.not-found</c>.</exception>
    public static async Task<RunningNetwork?> OpenAsync(HearthPaths paths, VmSpec spec, TimeProvider time, Action<string> warn, CancellationToken cancellationToken)
    {
        if (spec.Network is not { } asked)
        {
            return null;
        }

        NetworkStore store = new(paths);
        bool needsIPv6 = asked.Networks.Select(name => store.Require(name)).ToArray().Any(static network => network.Subnet6 is not null);
        VmNetwork network = asked.Mode switch
        {
            NetworkMode.Internal => VmNetwork.OpenInternal(spec.Id, asked.BitsPerSecond, needsIPv6),
            NetworkMode.Rootless => VmNetwork.OpenRootless(spec.Id, asked.BitsPerSecond, needsIPv6, warn),
            _ => await VmNetwork.OpenKernelAsync(HostNetwork.Own, new KernelRequest(spec.Id, asked.Mode, asked.Ipv6Prefix), asked.BitsPerSecond, warn, cancellationToken),
        };
        return new RunningNetwork(paths, spec, network, time);
    }

    /// <summary>Binds the VM's ports, puts in force what it may reach, and answers its questions for names from now on.</summary>
    /// <param name="spec">What the VM asks for.</param>
    /// <param name="policy">What it may reach.</param>
    /// <param name="egressLog">The file of decisions.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Hearth.Core.Errors.HearthException">As <see cref="PortPublisher.Add"/> and <see cref="RunningEgress.BeginAsync"/>.</exception>
    public async Task ServeAsync(NetworkSpec spec, EgressPolicy policy, string egressLog, CancellationToken cancellationToken)
    {
        foreach (PublishedPort port in spec.Ports)
        {
            Publisher.Add(port);
        }

        foreach (string name in spec.Networks)
        {
            await Named.JoinAsync(name, cancellationToken);
        }

        StaticNames own = new(new NeighbourNames(_paths, () => [.. Network.Memberships.Select(static membership => membership.Network)]));
        if (spec.HostAccess)
        {
            Network.AllowHost();
            own.Replace([KeyValuePair.Create(StaticNames.HostName, VmNetwork.HostAddress)]);
        }

        foreach (int port in spec.ForwardLocalhost)
        {
            _forwards.Add(new HostForward(Network.OpenGatewaySocket(SocketType.Stream, port, ipv6: false), port));
        }

        HostResolvers resolvers = new(spec.Dns, spec.DnsSearch);
        _egress = new RunningEgress(Network, spec.ForwardLocalhost, policy, egressLog, _time);
        _names = new DnsForwarder(() => resolvers.Current, own, _egress.Gate, _time);
        await _egress.BeginAsync(_names, cancellationToken);
        ServeNames(_names, ipv6: false);
        if (Network.Guest.Gateway6 is not null)
        {
            ServeNames(_names, ipv6: true);
        }
    }

    /// <summary>Puts another policy in force; nothing is to be done before the network is served, which is by that one then. Not while that runs, and one at a time.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException">As <see cref="RunningEgress.ChangeAsync"/>: the one before holds on.</exception>
    public Task ChangeEgressAsync(EgressPolicy policy, CancellationToken cancellationToken) => _egress?.ChangeAsync(policy, _names!, cancellationToken) ?? Task.CompletedTask;

    /// <summary>The VM is on one more named network; nothing when it cannot be.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException">As <see cref="NamedNetworks.JoinAsync"/> and <see cref="RunningEgress.ReshapeAsync"/>.</exception>
    public async Task JoinAsync(string name, CancellationToken cancellationToken)
    {
        await Named.JoinAsync(name, cancellationToken);
        try
        {
            await (_egress?.ReshapeAsync(cancellationToken) ?? Task.CompletedTask);
        }
        catch
        {
            Named.Leave(name);
            throw;
        }
    }

    public async Task LeaveAsync(string name, CancellationToken cancellationToken)
    {
        Named.Leave(name);
        await (_egress?.ReshapeAsync(cancellationToken) ?? Task.CompletedTask);
    }

    public async ValueTask DisposeAsync()
    {
        await Publisher.DisposeAsync();
        foreach (HostForward forward in _forwards)
        {
            await forward.DisposeAsync();
        }

        await _end.CancelAsync();
        await Task.WhenAll(_serving);
        await (_egress?.DisposeAsync() ?? ValueTask.CompletedTask);
        _names?.Dispose();
        await Network.DisposeAsync();
        Named.Dispose();
        _end.Dispose();
    }

    private void ServeNames(DnsForwarder names, bool ipv6)
    {
        _serving.Add(ServeAsync(Network.OpenGatewaySocket(SocketType.Dgram, DnsPort, ipv6), names.ServeUdpAsync));
        _serving.Add(ServeAsync(Network.OpenGatewaySocket(SocketType.Stream, DnsPort, ipv6), names.ServeTcpAsync));
    }

    private async Task ServeAsync(Socket socket, Func<Socket, CancellationToken, Task> serve)
    {
        using (socket)
        {
            await serve(socket, _end.Token);
        }
    }
}
