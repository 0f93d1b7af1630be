using Hearth.Core.Errors;
using Hearth.Engine.Dialing;
using Hearth.Protocol.Link;

namespace Hearth.Engine.Health;

/// <summary>Connects, and ends the connection in order.</summary>
internal sealed class TcpProbe(IGuestConnector connector, int port, TimeProvider time) : IHealthProbe
{
    /// <summary>How long the service may take to end its direction too; then it gets a reset.</summary>
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromMilliseconds(200);

    private const int MostGreeting = 64 * 1024;

    public async Task<int> CheckAsync(HealthOutput output, CancellationToken cancellationToken)
    {
        try
        {
            await using Stream connection = await connector.ConnectAsync(port, cancellationToken);
            output.Add($"Connected to port {port}.");
            if (connection is IHalfClose half)
            {
                half.CloseWrite();
                await WaitForEndAsync(connection, cancellationToken);
            }

            return 0;
        }
        catch (Exception e) when (e is HearthException or IOException)
        {
            output.Add(e.Message);
            return 1;
        }
    }

    private async Task WaitForEndAsync(Stream connection, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(s_endTimeout, time);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        byte[] greeting = new byte[4096];
        try
        {
            int got, left = MostGreeting;
            while (left > 0 && (got = await connection.ReadAsync(greeting, end.Token)) > 0)
            {
                left -= got;
            }
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It was connected, and that was the question.
        }
    }
}
