using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;
using Hearth.Networking.Proxy;
using Hearth.Networking.Rules;
using Hearth.Networking.Topology;

namespace Hearth.Engine.Networks;

// Theory of operation
//
// A VM that may reach everything has a gate that says yes and nothing else: no rule set, no proxy, no nft. The first policy that is about anything
// brings the rest, in this order:
//
//   1. the proxy's sockets listen in the VM's namespace     what is redirected from step 2 on waits for it
//   2. the rule set, one transaction of nft                 from here on nothing leaves that the policy does not let out
//   3. the proxy serves
//
// At a start this is before the guest has run. While it runs, connections that went out without rules are unknown to the kernel's connection
// tracking: the next segment of one is redirected to a socket that does not know it, and reset; what still comes in for it is dropped.
//
// What fails, fails closed. A step that fails ends the start, or leaves the policy before in force. A proxy that ends closes its sockets, and
// redirected connections are refused; without the forwarder no address is granted; the rules themselves need nobody.

/// <summary>What a running VM may reach.</summary>
internal sealed class RunningEgress : IAsyncDisposable
{
    private readonly VmNetwork _network;
    private readonly IReadOnlyList<int> _gatewayPorts;
    private readonly EgressLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private TransparentProxy? _proxy;
    private EgressRules? _rules;
    private Task _serving = Task.CompletedTask;

    /// <param name="network">The VM's.</param>
    /// <param name="gatewayPorts">TCP ports of the gateway that the guest may connect to whatever the policy says.</param>
    /// <param name="policy">What holds at first.</param>
    /// <param name="logFile">Where decisions are written.</param>
    /// <param name="time">Clock of grants and bounds.</param>
    public RunningEgress(VmNetwork network, IReadOnlyList<int> gatewayPorts, EgressPolicy policy, string logFile, TimeProvider time)
    {
        _network = network;
        _gatewayPorts = gatewayPorts;
        _log = new EgressLog(logFile, time);
        _time = time;
        Gate = new EgressGate(policy, _log, time)
        {
            HostAccess = network.ReachesHost ? new Dictionary<IPAddress, IPAddress> { [VmNetwork.HostAddress] = IPAddress.Loopback } : [],
        };
    }

    /// <summary>Decides; the forwarder's policy.</summary>
    public EgressGate Gate { get; }

    /// <summary>Puts the first policy in force. Before this returns the guest may not run.</summary>
    /// <param name="names">The VM's forwarder, which has <see cref="Gate"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Hearth.Core.Errors.HearthException"><c>egress.nft-missing</c>, <c>egress.nft-failed</c>.</exception>
    public Task BeginAsync(DnsForwarder names, CancellationToken cancellationToken) =>
        Gate.Policy.IsOpen ? Task.CompletedTask : EnforceAsync(Gate.Policy, names, cancellationToken);

    /// <summary>Puts another policy in force; when that fails, the one before holds on. One at a time.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException">As <see cref="BeginAsync"/>.</exception>
    public Task ChangeAsync(EgressPolicy policy, DnsForwarder names, CancellationToken cancellationToken) =>
        _rules is { } rules ? rules.ReplaceAsync(policy, cancellationToken)
        : policy.IsOpen ? Task.CompletedTask
        : EnforceAsync(policy, names, cancellationToken);

    /// <summary>The policy holds for the network as it is now. One at a time.</summary>
    /// <exception cref="Hearth.Core.Errors.HearthException">As <see cref="ChangeAsync"/>.</exception>
    public Task ReshapeAsync(CancellationToken cancellationToken) => _rules?.ReshapeAsync(_network.Reshape, cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _proxy?.Dispose();
        _rules?.Dispose();
        _log.Dispose();
        _end.Dispose();
    }

    private async Task EnforceAsync(EgressPolicy policy, DnsForwarder names, CancellationToken cancellationToken)
    {
        List<Socket> listeners = [];
        EgressRules? rules = null;
        try
        {
            listeners.Add(_network.OpenGatewaySocket(SocketType.Stream, port: 0, ipv6: false));
            int port = ((IPEndPoint)listeners[0].LocalEndPoint!).Port;
            if (_network.Guest.Gateway6 is not null)
            {
                listeners.Add(_network.OpenGatewaySocket(SocketType.Stream, port, ipv6: true));
            }

            rules = new EgressRules(Gate, _network.Rules(policy, port, _gatewayPorts), _network.ApplyRulesAsync);
            await rules.LoadAsync(cancellationToken);
        }
        catch
        {
            rules?.Dispose();
            listeners.ForEach(static listener => listener.Dispose());
            throw;
        }

        _rules = rules;
        _proxy = new TransparentProxy(Gate, names.ResolveAsync, new ProxyOptions(), _time);
        _serving = Task.WhenAll(listeners.Select(listener => ServeAsync(_proxy, listener)));
    }

    private async Task ServeAsync(TransparentProxy proxy, Socket listener)
    {
        using (listener)
        {
            await proxy.ServeAsync(listener, _end.Token);
        }
    }
}
