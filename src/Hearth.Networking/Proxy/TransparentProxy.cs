using System.Collections.Concurrent;
using System.Net.Sockets;
using Hearth.Networking.Connections;
using Hearth.Networking.Dns;
using Hearth.Networking.Egress;

namespace Hearth.Networking.Proxy;

// The rule set in the VM's network namespace redirects all of a guest's TCP connections to a socket that listens there and is
// held here, in a process outside. A connection goes through: where was it going (the kernel says) - is that the host by the
// user's wish - does the address decide - does a name decide, and where does our resolver say that this name is - connect from
// the host - relay, and read on for further names. What is denied is reset, which the guest sees as "connection reset".
//
// A name is never believed about an address: either our resolver gave the guest this address for this name, or the name is
// resolved here and what it gives is connected to. Lying in Host or SNI so gets a guest the host that it named.

/// <summary>Lets a guest's TCP connections out by its policy.</summary>
public sealed class TransparentProxy : IDisposable
{
    /// <summary>When others have taken all descriptors of the process, nothing here says when one is free.</summary>
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly EgressGate _gate;
    private readonly Func<string, DnsRecordType, CancellationToken, Task<DnsAnswer?>> _resolve;
    private readonly ProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ProxyConnection, bool> _connections = new();

    /// <param name="gate">Decides.</param>
    /// <param name="resolve">Looks a name up: <see cref="DnsForwarder.ResolveAsync"/>.</param>
    /// <param name="options">Bounds and seams.</param>
    /// <param name="time">The clock of the bounds.</param>
    public TransparentProxy(EgressGate gate, Func<string, DnsRecordType, CancellationToken, Task<DnsAnswer?>> resolve, ProxyOptions options, TimeProvider time)
    {
        (_gate, _resolve, _options, _time) = (gate, resolve, options, time);
        gate.Changed += EndWhatIsDenied;
    }

    /// <summary>Connections under way.</summary>
    public int Connections => _connections.Count;

    /// <summary>Serves a listening socket until cancelled or until it is closed; all connections have ended then.</summary>
    public async Task ServeAsync(Socket listener, CancellationToken cancellationToken)
    {
        HashSet<Task> underWay = [];
        try
        {
            while (true)
            {
                Socket? guest = await AcceptAsync(listener, cancellationToken);
                underWay.RemoveWhere(static task => task.IsCompleted);
                if (guest is null)
                {
                    // No descriptor is left: what waits is accepted when a connection has given back its own. With none here, others of this
                    // process have them all, and nothing tells when they give one back.
                    await Task.WhenAny(underWay.Count > 0 ? underWay : [Task.Delay(s_retry, _time, cancellationToken)]);
                    continue;
                }

                if (_connections.Count >= _options.MaxConnections)
                {
                    guest.Reset();
                    continue;
                }

                underWay.Add(HandleAsync(guest, cancellationToken));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end: cancelled, or the socket is gone.
        }
        finally
        {
            await Task.WhenAll(underWay);
        }
    }

    public void Dispose() => _gate.Changed -= EndWhatIsDenied;

    private static async ValueTask<Socket?> AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        try
        {
            return await listener.AcceptAsync(cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.TooManyOpenSockets)
        {
            return null;
        }
    }

    private async Task HandleAsync(Socket guest, CancellationToken cancellationToken)
    {
        if (_options.OriginalDestination(guest) is not { } destination)
        {
            guest.Reset();
            return;
        }

        await using ProxyConnection connection = new(guest, destination, _gate, _resolve, _options, _time);
        _connections.TryAdd(connection, true);
        try
        {
            await connection.RunAsync(cancellationToken);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private void EndWhatIsDenied()
    {
        foreach (ProxyConnection connection in _connections.Keys)
        {
            connection.EndIfDenied();
        }
    }
}
