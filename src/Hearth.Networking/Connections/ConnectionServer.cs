using System.Net.Sockets;

namespace Hearth.Networking.Connections;

/// <summary>Takes the connections of a listening socket and serves each. Disposing closes the socket, ends what is served, and returns when nothing is left.</summary>
internal sealed class ConnectionServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly Action _used;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<Task> _connections = [];
    private CancellationTokenSource _hold = new();
    private Task _accepting;
    private int _open;

    /// <param name="listener">Listens already; of this object from now on.</param>
    /// <param name="serve">Owns its connection; lets nothing out but what a socket, a stream or the token throws.</param>
    /// <param name="used">Called when a connection comes, and when it ends.</param>
    public ConnectionServer(Socket listener, Func<Socket, CancellationToken, Task> serve, Action? used = null)
    {
        _listener = listener;
        _serve = serve;
        _used = used ?? (static () => { });
        _accepting = AcceptAsync(_hold.Token);
    }

    public bool HasConnections => Volatile.Read(ref _open) > 0;

    /// <summary>Takes no more connections: they wait in the socket. Those that were taken go on.</summary>
    public async Task HoldAsync()
    {
        await _hold.CancelAsync();
        await _accepting;
    }

    /// <summary>Goes on after <see cref="HoldAsync"/>.</summary>
    public void Resume()
    {
        if (!_hold.IsCancellationRequested)
        {
            return;
        }

        _hold.Dispose();
        _hold = new CancellationTokenSource();
        _accepting = AcceptAsync(_hold.Token);
    }

    /// <summary>Ends what is served, and hands the socket over, open all the time.</summary>
    public async Task<Socket> ReleaseAsync()
    {
        await EndAsync();
        return _listener;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await EndAsync();
    }

    private async Task EndAsync()
    {
        await HoldAsync();
        await _end.CancelAsync();
        await Task.WhenAll(_connections);
        _end.Dispose();
        _hold.Dispose();
    }

    private async Task AcceptAsync(CancellationToken held)
    {
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(held);
                Interlocked.Increment(ref _open);
                _used();
                _connections.RemoveWhere(static task => task.IsCompleted);
                _connections.Add(ServeAsync(client));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // A client that left before it was taken.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            client.NoDelay = true;
            await _serve(client, _end.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or IOException)
        {
            // The other side does not answer, or this is closed.
            client.Reset();
        }
        finally
        {
            Interlocked.Decrement(ref _open);
            _used();
        }
    }
}
