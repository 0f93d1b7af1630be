using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hearth.Vm.Tests.Networks;

/// <summary>A web server of the host with one page, until it is disposed.</summary>
internal sealed class HostPage : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly byte[] _answer;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    public HostPage(IPAddress address, string text)
    {
        _listener = new TcpListener(address, 0);
        _listener.Start();
        _answer = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}");
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_end.Token);
                await AnswerAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            using StreamReader reader = new(stream, leaveOpen: true);
            while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 })
            {
                // The head of the request.
            }

            await stream.WriteAsync(_answer, _end.Token);
        }
        catch (IOException)
        {
            // The client left.
        }
    }
}
