using System.Buffers;
using System.Net.Sockets;

namespace Hearth.Networking.Connections;

/// <summary>Carries bytes between two connections until both directions have ended. Each direction ends by itself (a half-close is passed on); a reset ends both.</summary>
internal static class SocketRelay
{
    /// <summary>A buffer a direction; a reader that is slow stops the writer, because nothing is read before all was sent.</summary>
    private const int BufferBytes = 64 << 10;

    /// <summary>Returns when it is over; closes both.</summary>
    public static async Task RunAsync(Socket one, Socket other, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bool[] whole = await Task.WhenAll(PumpAsync(one, other, end), PumpAsync(other, one, end));
        if (whole.All(static ended => ended))
        {
            one.Dispose();
            other.Dispose();
        }
        else
        {
            // The peers learn that not all was delivered.
            one.Reset();
            other.Reset();
        }
    }

    /// <summary>The same with a stream for the other side.</summary>
    public static async Task RunAsync(Socket one, Stream other, Action endOther, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using NetworkStream stream = new(one, ownsSocket: false);
        bool[] whole = await Task.WhenAll(
            PumpAsync(stream, other, endOther, end),
            PumpAsync(other, stream, () => one.Shutdown(SocketShutdown.Send), end));
        await other.DisposeAsync(); // Which resets it when not both directions have ended.
        if (whole.All(static ended => ended))
        {
            one.Dispose();
        }
        else
        {
            one.Reset();
        }
    }

    private static Task<bool> PumpAsync(Socket from, Socket to, CancellationTokenSource end) => PumpAsync(
        (buffer, token) => from.ReceiveAsync(buffer, token),
        async (bytes, token) =>
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[await to.SendAsync(bytes, token)..];
            }
        },
        () => to.Shutdown(SocketShutdown.Send),
        end);

    private static Task<bool> PumpAsync(Stream from, Stream to, Action endTo, CancellationTokenSource end) =>
        PumpAsync(from.ReadAsync, to.WriteAsync, endTo, end);

    /// <summary>True when it ended with the sender's end.</summary>
    private static async Task<bool> PumpAsync(
        Func<Memory<byte>, CancellationToken, ValueTask<int>> receive, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> send, Action endSend, CancellationTokenSource end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int got;
            while ((got = await receive(buffer, end.Token)) > 0)
            {
                await send(buffer.AsMemory(0, got), end.Token);
            }

            endSend();
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await end.CancelAsync();
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
