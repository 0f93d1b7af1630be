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

    /// <summary>True when it ended with the sender's end.</summary>
    private static async Task<bool> PumpAsync(Socket from, Socket to, CancellationTokenSource end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int got;
            while ((got = await from.ReceiveAsync(buffer, end.Token)) > 0)
            {
                for (int sent = 0; sent < got;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, got - sent), end.Token);
                }
            }

            to.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
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
