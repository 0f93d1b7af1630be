using System.Net.Sockets;
using Hearth.Networking.Connections;

namespace Hearth.Networking.Proxy;

// Two pumps, each with one buffer: a side that does not read stops the other's pump, and with it the sender, by TCP's own
// window. The end of one direction is passed on (shutdown(2)) and the other goes on; a fault of one ends both with a reset.

/// <summary>Copies between a guest and its destination, reading the guest's side when there is something to check.</summary>
/// <param name="guest">The guest's side.</param>
/// <param name="remote">The destination's.</param>
/// <param name="fromGuest">The buffer of the guest's direction.</param>
/// <param name="held">What is in it already.</param>
/// <param name="inspector">Null: nothing to check.</param>
internal sealed class Relay(Socket guest, Socket remote, byte[] fromGuest, int held, RequestInspector? inspector)
{
    private static readonly byte[] s_switching = "HTTP/1.1 101"u8.ToArray();

    private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Returns when both directions have ended, or one has failed; both sockets are closed then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bool[] ended = await Task.WhenAll(EndAsync(PumpGuestAsync(failed.Token), failed), EndAsync(PumpRemoteAsync(failed.Token), failed));
        if (ended.All(static cleanly => cleanly))
        {
            guest.Dispose();
            remote.Dispose();
        }
        else
        {
            guest.Reset();
            remote.Reset();
        }
    }

    private static async Task<bool> EndAsync(Task<bool> pump, CancellationTokenSource failed)
    {
        bool isClean = false;
        try
        {
            isClean = await pump;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The other direction ends by the token.
        }

        if (!isClean)
        {
            await failed.CancelAsync();
        }

        return isClean;
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await to.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
        }
    }

    /// <summary>False: denied.</summary>
    private async Task<bool> PumpGuestAsync(CancellationToken cancellationToken)
    {
        RequestInspector? reading = inspector;
        while (true)
        {
            Inspection step = reading?.Advance(fromGuest.AsSpan(0, held)) ?? new Inspection(held, InspectionVerdict.Opaque);
            await SendAsync(remote, fromGuest.AsMemory(0, step.Pass), cancellationToken);
            fromGuest.AsSpan(step.Pass, held - step.Pass).CopyTo(fromGuest);
            held -= step.Pass;
            switch (step.Verdict)
            {
                case InspectionVerdict.Deny:
                    return false;
                case InspectionVerdict.AwaitAnswer:
                    reading!.AnswerBegan(await _answer.Task.WaitAsync(cancellationToken));
                    continue;
                case InspectionVerdict.Opaque:
                    reading = null;
                    break;
            }

            if (held == fromGuest.Length)
            {
                return false;
            }

            int got = await guest.ReceiveAsync(fromGuest.AsMemory(held), SocketFlags.None, cancellationToken);
            if (got == 0)
            {
                // Half a head or a chunk is not ended as if it were whole; empty lines are nothing.
                bool isWhole = fromGuest.AsSpan(0, held).Trim("\r\n"u8).IsEmpty;
                if (isWhole)
                {
                    remote.Shutdown(SocketShutdown.Send);
                }

                return isWhole;
            }

            held += got;
        }
    }

    private async Task<bool> PumpRemoteAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ProxyConnection.BufferBytes);
        int seen = 0;
        while (true)
        {
            int got = await remote.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (!_answer.Task.IsCompleted)
            {
                seen = SeeAnswer(buffer.AsSpan(0, got), seen);
            }

            if (got == 0)
            {
                guest.Shutdown(SocketShutdown.Send);
                return true;
            }

            await SendAsync(guest, buffer.AsMemory(0, got), cancellationToken);
        }
    }

    /// <summary>Compares the first bytes of the first answer; how many of them were right so far.</summary>
    private int SeeAnswer(ReadOnlySpan<byte> bytes, int seen)
    {
        ReadOnlySpan<byte> expected = s_switching.AsSpan(seen, Math.Min(bytes.Length, s_switching.Length - seen));
        if (bytes.IsEmpty || !bytes.StartsWith(expected))
        {
            _answer.TrySetResult(false);
        }
        else if (seen + expected.Length == s_switching.Length)
        {
            _answer.TrySetResult(true);
        }

        return seen + expected.Length;
    }
}
