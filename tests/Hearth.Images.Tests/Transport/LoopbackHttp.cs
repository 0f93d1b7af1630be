using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hearth.Images.Tests.Transport;

/// <summary>
/// A peer that speaks HTTP/1.1 on a free port of loopback, one request a connection, until disposed. Tests write its answers themselves, byte by
/// byte where they want to: a real server cannot be made to stall in the middle of a body.
/// </summary>
internal sealed class LoopbackHttp : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<Request, Task> _answer;
    private readonly Task _accepting;

    public LoopbackHttp(Func<Request, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Host and port.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>The paths asked for so far.</summary>
    public ConcurrentQueue<string> Paths { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                if (await IsTlsAsync(client))
                {
                    // What a server of plain HTTP says to a client that tries HTTPS first.
                    await stream.WriteAsync("HTTP/1.0 400 Bad Request\r\n\r\n"u8.ToArray(), _stop.Token);
                    return;
                }

                var reader = new StreamReader(stream, Encoding.ASCII);
                string[] line = (await reader.ReadLineAsync(_stop.Token) ?? "").Split(' ');
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } header)
                {
                    string[] parts = header.Split(':', 2);
                    headers[parts[0]] = parts[^1].Trim();
                }

                if (line.Length == 3)
                {
                    Paths.Enqueue(line[1]);
                    await _answer(new Request(line[0], line[1], headers, stream, _stop.Token));
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // The client went away in the middle, which is what some tests are about; or the test is over.
            }
        }
    }

    /// <summary>Whether the first byte is that of a TLS record with a handshake (RFC 8446, 5.1).</summary>
    private async Task<bool> IsTlsAsync(TcpClient client)
    {
        byte[] first = new byte[1];
        return await client.Client.ReceiveAsync(first, SocketFlags.Peek, _stop.Token) == 1 && first[0] == 22;
    }

    /// <summary>One request. Its body, if any, is not read.</summary>
    internal sealed record Request(string Method, string Path, IReadOnlyDictionary<string, string> Headers, Stream Client, CancellationToken Stopped)
    {
        public Task JsonAsync(string json) => BytesAsync(200, "application/json", Encoding.UTF8.GetBytes(json));

        public Task RefuseAsync(int status) => BytesAsync(status, "text/plain", []);

        public async Task BytesAsync(int status, string type, byte[] body)
        {
            await HeadAsync(status, type, body.Length);
            if (Method != "HEAD")
            {
                await Client.WriteAsync(body, Stopped);
            }
        }

        /// <summary>Sends the head alone; the caller writes the body, or half of it.</summary>
        public async Task HeadAsync(int status, string type, long length) => await Client.WriteAsync(
            Encoding.ASCII.GetBytes($"HTTP/1.1 {status} x\r\nContent-Type: {type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"), Stopped);
    }
}
