using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Hearth.Linux.Namespaces;

namespace Hearth.Vm.Tests.Networks;

/// <summary>Answers what is posted to it by HTTP with the SHA-256 of it, in a namespace, until it is disposed.</summary>
internal sealed class UploadServer : IDisposable
{
    private const string LengthField = "content-length:";
    private readonly Socket _listener;

    public UploadServer(NetworkNamespace space, IPEndPoint local)
    {
        _listener = space.OpenSocket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(local);
        _listener.Listen();
        _ = ServeAsync();
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the tests.
        }
    }

    private static async Task AnswerAsync(Socket client)
    {
        try
        {
            await using NetworkStream stream = new(client, ownsSocket: true);
            byte[] buffer = new byte[65536];
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (long left = await ReadHeadAsync(stream); left > 0;)
            {
                int got = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
                if (got == 0)
                {
                    return;
                }

                hash.AppendData(buffer, 0, got);
                left -= got;
            }

            string body = $"{Convert.ToHexStringLower(hash.GetHashAndReset())}  -\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
        }
        catch (IOException)
        {
            // The client left: its own side says what became of it.
        }
    }

    /// <returns>The length of the body.</returns>
    private static async Task<long> ReadHeadAsync(Stream stream)
    {
        StringBuilder head = new();
        byte[] one = new byte[1]; // What follows is the body's.
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        string length = head.ToString().ToLowerInvariant().Split("\r\n").First(static line => line.StartsWith(LengthField, StringComparison.Ordinal));
        return long.Parse(length[LengthField.Length..], CultureInfo.InvariantCulture);
    }
}
