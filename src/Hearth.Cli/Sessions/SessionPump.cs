using System.Buffers;
using Hearth.Cli.Terminal;
using Hearth.Core.Errors;
using Hearth.Engine.Client;
using Hearth.Linux;
using Hearth.Protocol;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Sessions;

/// <summary>
/// Moves bytes between a session's frames and the client's streams until the process has ended.
/// </summary>
/// <remarks>
/// Two loops. <em>Out</em> reads one frame, writes it, and only then reads the next: a slow reader of our standard output
/// stops this loop, then the socket, then the supervisor's credit, then the guest; nothing is queued here. <em>In</em> reads
/// one chunk of standard input and sends it before it reads more. The session is over when the out loop says so; the in
/// loop may then still be inside a read(2) that nothing but input can end, so it is left to the process's end.
/// </remarks>
internal sealed class SessionPump(FrameReader reader, FrameWriter writer, SessionStreams streams, DetachKeys? detachKeys)
{
    private readonly TaskCompletionSource<SessionEnd> _detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the process runs.</summary>
    public Task Started => _started.Task;

    /// <exception cref="HearthException">The request failed, or the supervisor went away: <c>session.lost</c>.</exception>
    public async Task<SessionEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<SessionEnd> output = PumpOutputAsync(over.Token);
        Task input = streams.Input is null ? Task.CompletedTask : PumpInputAsync(streams.Input, over.Token);
        try
        {
            Task<SessionEnd> first = await Task.WhenAny(output, _detached.Task);
            return await first;
        }
        finally
        {
            await over.CancelAsync();
            _ = output.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            _ = input.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    public ValueTask SendSignalAsync(int number, CancellationToken cancellationToken) =>
        SendAsync(FrameType.Signal, new[] { (byte)number }, cancellationToken);

    public async ValueTask SendSizeAsync(int rows, int columns, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteResizeAsync(rows, columns, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The session is over; the out loop says how.
        }
    }

    private async Task<SessionEnd> PumpOutputAsync(CancellationToken cancellationToken)
    {
        while (await ReadFrameAsync(cancellationToken) is { } frame)
        {
            switch (frame.Type)
            {
                case FrameType.Stdout or FrameType.Stderr:
                    if (!await TryWriteAsync(frame.Type == FrameType.Stdout ? streams.Output : streams.Error, frame.Payload, cancellationToken))
                    {
                        return SessionEnd.OutputClosed;
                    }

                    break;
                case FrameType.Started:
                    _started.TrySetResult();
                    break;
                case FrameType.Exit:
                    ExitMessage exit = FrameReader.Parse(frame.Payload, ProtocolJson.Default.ExitMessage);
                    return SessionEnd.Exited(exit.ExitCode, exit.OomKilled);
                case FrameType.Error:
                    throw ControlConnection.ToException(frame.Payload);
                default:
                    break; // Reply: accepted. Anything newer is not for this client.
            }
        }

        throw new HearthException(
            "session.lost", "The VM's supervisor closed the session before the command ended.", "'hearth ps -a' and 'hearth logs' show what became of the VM.");
    }

    private async ValueTask<Frame?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            return null; // Reset or cut: the same as closed, to a person.
        }
    }

    /// <summary>False when nobody reads <paramref name="stream"/> any more.</summary>
    private static async ValueTask<bool> TryWriteAsync(Stream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(bytes, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            return true;
        }
        catch (ErrnoException e) when (e.IsBrokenPipe)
        {
            return false;
        }
    }

    private async Task PumpInputAsync(Stream input, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Frame.ChunkBytes);
        DetachFilter? filter = detachKeys is null ? null : new DetachFilter(detachKeys);
        while (true)
        {
            int got = await ReadInputAsync(input, buffer.AsMemory(0, Frame.ChunkBytes), cancellationToken);
            if (got == 0)
            {
                await SendAsync(FrameType.StdinEof, ReadOnlyMemory<byte>.Empty, cancellationToken);
                break;
            }

            ReadOnlyMemory<byte> bytes = buffer.AsMemory(0, got);
            bool detach = false;
            if (filter is not null)
            {
                bytes = filter.Pass(bytes.Span, out detach);
            }

            if (bytes.Length > 0)
            {
                await SendAsync(FrameType.Stdin, bytes, cancellationToken);
            }

            if (detach)
            {
                _detached.TrySetResult(SessionEnd.Detached);
                break;
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>A terminal that hung up reads as EIO: the same as its end.</summary>
    private static async ValueTask<int> ReadInputAsync(Stream input, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await input.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private async ValueTask SendAsync(FrameType type, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        try
        {
            await writer.WriteAsync(type, payload, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The session is over; the out loop says how.
        }
    }
}
