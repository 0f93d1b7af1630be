using System.Net;
using System.Net.Sockets;
using Hearth.Networking.Connections;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Proxy;

/// <summary>One connection of a guest, from its acceptance to its end.</summary>
internal sealed class ProxyConnection : IAsyncDisposable
{
    /// <summary>Enough for the largest head; a full one is what the two sides differ by at most.</summary>
    internal const int BufferBytes = 64 * 1024;

    /// <summary>Names that one connection may say; a browser's says one.</summary>
    private const int MaxNames = 64;

    private const int MaxAddresses = 4;

    private readonly Socket _guest;
    private readonly IPEndPoint _destination;
    private readonly EgressGate _gate;
    private readonly Func<string, DnsRecordType, CancellationToken, Task<DnsAnswer?>> _resolve;
    private readonly ProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly byte[] _fromGuest = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private readonly CancellationTokenSource _ending = new();

    // Guards the names, which the guest's side adds to while another thread asks whether they are still allowed.
    private readonly Lock _lock = new();
    private readonly HashSet<string> _names = [];
    private IPEndPoint _target;
    private bool _isHost;
    private bool _isOpen;
    private int _held;

    public ProxyConnection(
        Socket guest, IPEndPoint destination, EgressGate gate, Func<string, DnsRecordType, CancellationToken, Task<DnsAnswer?>> resolve, ProxyOptions options, TimeProvider time)
    {
        (_guest, _destination, _gate, _resolve, _options, _time) = (guest, new IPEndPoint(NetworkMath.Plain(destination.Address), destination.Port), gate, resolve, options, time);
        _target = _destination;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        try
        {
            (Socket? remote, RequestInspector? inspector) = await OpenAsync(either.Token);
            if (remote is null)
            {
                _guest.Reset();
                return;
            }

            lock (_lock)
            {
                _isOpen = true;
            }

            EndIfDenied();
            _guest.NoDelay = true;
            using IDisposable held = _gate.Granted.Hold(_target.Address);
            Relay relay = new(_guest, remote, _fromGuest, _held, inspector);
            await relay.RunAsync(either.Token);
            if (inspector?.Denial is { Decision.Reason: not null } denial)
            {
                _gate.Log(denial.Decision, _target, denial.Name);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // Refused, unreachable, timed out, ended: the guest sees a reset, which is as near as a connection that was accepted comes.
            _guest.Reset();
        }
    }

    /// <summary>Ends the connection when the policy that is now in place would not have let it out.</summary>
    public void EndIfDenied()
    {
        lock (_lock)
        {
            // One that is still being opened is judged when it is open.
            if (_isOpen && !_isHost && (_names.Count == 0 ? !Check(null).IsAllowed : _names.Any(name => !Check(name).IsAllowed)))
            {
                _ending.Cancel();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _guest.Dispose();
        lock (_lock)
        {
            _ending.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Connects to where this may go; null when it may not go anywhere.</summary>
    private async Task<(Socket? Remote, RequestInspector? Inspector)> OpenAsync(CancellationToken cancellationToken)
    {
        if (_gate.HostAccess.TryGetValue(_destination.Address, out IPAddress? host))
        {
            _isHost = true;
            _gate.Log(new EgressDecision(true, EgressBasis.HostAccess, "--host-access"), _destination, null);
            return (await ConnectAsync([new IPEndPoint(host, _destination.Port)], cancellationToken), null);
        }

        EgressDecision byAddress = Check(null);
        bool isByName = byAddress.Basis == EgressBasis.Name || !byAddress.IsAllowed;
        if (!isByName && !_gate.Policy.HasDeniedNames)
        {
            _gate.Log(byAddress, _destination, null);
            return (await ConnectAsync([_destination], cancellationToken), null);
        }

        RequestInspector inspector = new(CheckAndKeep);
        if (!_options.NamePorts.Contains(_destination.Port))
        {
            if (!byAddress.IsAllowed)
            {
                return Denied(byAddress, null);
            }

            _gate.Log(byAddress, _destination, GrantedName());
            return (await ConnectAsync([_destination], cancellationToken), inspector);
        }

        (bool isReadable, string? name) = await ReadNameAsync(cancellationToken);
        return !isReadable ? (null, null)
            : name is null || byAddress is { IsAllowed: true, Basis: not EgressBasis.Name } ? await OpenByAddressAsync(byAddress, name, inspector, cancellationToken)
            : await OpenByNameAsync(name, inspector, cancellationToken);
    }

    /// <summary>The guest says no name, or one that only a --deny can be about.</summary>
    private async Task<(Socket?, RequestInspector?)> OpenByAddressAsync(EgressDecision byAddress, string? name, RequestInspector inspector, CancellationToken cancellationToken)
    {
        EgressDecision decision = name is null ? byAddress : Check(name);
        if (!decision.IsAllowed)
        {
            return Denied(decision, name);
        }

        _gate.Log(decision, _destination, name ?? GrantedName());
        return (await ConnectAsync([_destination], cancellationToken), inspector);
    }

    private async Task<(Socket?, RequestInspector?)> OpenByNameAsync(string name, RequestInspector inspector, CancellationToken cancellationToken)
    {
        EgressDecision decision = _gate.Policy.DecideName(name, EgressProtocols.Tcp, _destination.Port);
        if (!decision.IsAllowed)
        {
            return Denied(decision, name);
        }

        IPEndPoint[] targets = _gate.Granted.NamesOf(_destination.Address).Contains(name) && Check(name).IsAllowed ? [_destination] : await ResolveAsync(name, cancellationToken);
        if (targets.Length == 0)
        {
            return Denied(new EgressDecision(false, EgressBasis.Special, "the name has no address that may be reached"), name);
        }

        Socket remote = await ConnectAsync(targets, cancellationToken);
        lock (_lock)
        {
            _names.Add(name);
        }

        _gate.Log(decision, _target, name);
        return (remote, inspector);
    }

    private (Socket?, RequestInspector?) Denied(EgressDecision decision, string? name)
    {
        _gate.Log(decision, _destination, name ?? GrantedName());
        return (null, null);
    }

    private string? GrantedName() => _gate.Granted.NamesOf(_destination.Address) is [string first, ..] ? first : null;

    /// <summary>
    /// Reads until the first request's name is there. Silence means a server that speaks first, and no name; half a head does
    /// not, because the other half could follow later.
    /// </summary>
    private async Task<(bool IsReadable, string? Name)> ReadNameAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(_options.HeadTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        string? name = null;
        bool isNamed = false;
        while (true)
        {
            RequestInspector first = new(found =>
            {
                (name, isNamed) = (found, true);
                return new EgressDecision(false, EgressBasis.Mode, "seen");
            });
            InspectionVerdict verdict = first.Advance(_fromGuest.AsSpan(0, _held)).Verdict;
            if (isNamed || verdict == InspectionVerdict.Deny)
            {
                if (!isNamed)
                {
                    _gate.Log(first.Denial.Decision, _destination, GrantedName());
                }

                return (isNamed, name);
            }

            try
            {
                int got = await _guest.ReceiveAsync(_fromGuest.AsMemory(_held), SocketFlags.None, either.Token);
                if (got == 0)
                {
                    return (_held == 0, null);
                }

                _held += got;
            }
            catch (OperationCanceledException) when (bound.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                if (_held > 0)
                {
                    _gate.Log(new EgressDecision(false, EgressBasis.Protocol, "a head that does not end"), _destination, GrantedName());
                }

                return (_held == 0, null);
            }
        }
    }

    /// <summary>The addresses of a name that may be reached, those of the guest's own family first.</summary>
    private async Task<IPEndPoint[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        bool isOld = _destination.AddressFamily == AddressFamily.InterNetwork;
        DnsRecordType[] types = isOld ? [DnsRecordType.A, DnsRecordType.Aaaa] : [DnsRecordType.Aaaa, DnsRecordType.A];
        foreach (DnsRecordType type in types)
        {
            DnsAnswer? answer = await _resolve(name, type, cancellationToken);
            IPEndPoint[] targets = [.. (answer?.Addresses ?? [])
                .Select(NetworkMath.Plain)
                .Where(address => _gate.Decide(EgressProtocols.Tcp, address, _destination.Port, [name]).IsAllowed)
                .Take(MaxAddresses)
                .Select(address => new IPEndPoint(address, _destination.Port))];
            if (targets.Length > 0)
            {
                return targets;
            }
        }

        return [];
    }

    private async Task<Socket> ConnectAsync(IPEndPoint[] targets, CancellationToken cancellationToken)
    {
        using CancellationTokenSource bound = new(_options.ConnectTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        for (int i = 0; ; i++)
        {
            try
            {
                Socket socket = await _options.Connect(targets[i], either.Token);
                lock (_lock)
                {
                    _target = _isHost ? _target : targets[i];
                }

                return socket;
            }
            catch (SocketException) when (i < targets.Length - 1)
            {
                // The next of the name's addresses.
            }
        }
    }

    private EgressDecision Check(string? name) =>
        _gate.Decide(EgressProtocols.Tcp, _target.Address, _target.Port, name is null ? _gate.Granted.NamesOf(_target.Address) : [name]);

    /// <summary>For every name that the connection says, as long as it lives.</summary>
    private EgressDecision CheckAndKeep(string? name)
    {
        lock (_lock)
        {
            EgressDecision decision = Check(name);
            if (!decision.IsAllowed || name is null || _names.Contains(name))
            {
                return decision;
            }

            if (_names.Count >= MaxNames)
            {
                return new EgressDecision(false, EgressBasis.Protocol, $"more than {MaxNames} names on one connection");
            }

            _gate.Log(decision, _target, name);
            _names.Add(name);
            return decision;
        }
    }
}
