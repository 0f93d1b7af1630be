using System.Text;
using Hearth.Core.Errors;
using Hearth.Core.Specs;
using Hearth.Engine.Dialing;

namespace Hearth.Engine.Health;

/// <summary>GET over a connection of its own; a status of 200 to 399 is well. What it says is the status and the beginning of the body.</summary>
internal sealed class HttpProbe(IGuestConnector connector, HealthSpec spec, TimeProvider time) : IHealthProbe
{
    /// <summary>What is read of a body, so that a server does not find its answer cut off; it says nothing about health.</summary>
    private const int MostBody = 64 * 1024;

    /// <summary>A server that leaves the connection open has said all it wanted.</summary>
    private static readonly TimeSpan s_bodyTimeout = TimeSpan.FromSeconds(1);

    public async Task<int> CheckAsync(HealthOutput output, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream connection = await connector.ConnectAsync(spec.Port, cancellationToken);
            string host = spec.Port == 80 ? spec.Host : $"{spec.Host}:{spec.Port}";
            byte[] request = Encoding.UTF8.GetBytes($"GET {spec.Path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: hearth-health\r\nAccept: */*\r\nConnection: close\r\n\r\n");
            await connection.WriteAsync(request, cancellationToken);
            byte[] buffer = new byte[HttpResponseHead.MostBytes];
            (HttpResponseHead head, int got) = await ReadHeadAsync(connection, buffer, cancellationToken);
            output.Add($"HTTP {head.Status} {head.Reason}".TrimEnd() + "\n");
            output.Add(buffer.AsSpan(head.Length..got));
            await ReadBodyAsync(connection, buffer, (head.ContentLength ?? MostBody) - (got - head.Length), output, cancellationToken);
            return head.Status is >= 200 and < 400 ? 0 : 1;
        }
        catch (Exception e) when (e is HearthException or IOException or InvalidDataException)
        {
            output.Add(e.Message);
            return 1;
        }
    }

    private static async Task<(HttpResponseHead Head, int Got)> ReadHeadAsync(Stream connection, byte[] buffer, CancellationToken cancellationToken)
    {
        int got = 0;
        while (true)
        {
            int more = await connection.ReadAsync(buffer.AsMemory(got), cancellationToken);
            got += more;
            if (HttpResponseHead.TryRead(buffer.AsSpan(0, got), out HttpResponseHead head))
            {
                return (head, got);
            }

            if (more == 0)
            {
                throw new InvalidDataException("the server closed the connection without an answer");
            }
        }
    }

    private async Task ReadBodyAsync(Stream connection, byte[] buffer, long left, HealthOutput output, CancellationToken cancellationToken)
    {
        left = Math.Min(left, MostBody);
        using CancellationTokenSource timeout = new(s_bodyTimeout, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            int got;
            while (left > 0 && (got = await connection.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), end.Token)) > 0)
            {
                output.Add(buffer.AsSpan(0, got));
                left -= got;
            }
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The head has told what was asked.
        }
    }
}
