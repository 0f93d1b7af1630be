using System.Net.Sockets;

namespace Hearth.Networking.Connections;

/// <summary>Takes the connections of a listening socket and serves each. Disposing closes the socket, ends what is served, and returns when nothing is left.</summary>
internal sealed class ConnectionServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;

    /// <param name="listener">Listens already; of this object from now on.</param>
    /// <param name="serve">Owns its connection; lets nothing out but what a socket, a stream or the token throws.</param>
    public ConnectionServer(Socket listener, Func<Socket, CancellationToken, Task> serve)
    {
        _listener = listener;
        _serve = serve;
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _end.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync(_end.Token);
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
    }
}
