using Hearth.Engine.Logs;
using Hearth.Protocol;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <summary>
/// Where a container's output goes: the log, and every attached client. A client that reads slowly slows the container (its
/// frame waits for it, the link's credit runs out, the guest's pipe fills); a client that is gone is forgotten.
/// </summary>
internal sealed class OutputHub(LogWriter log) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<FrameWriter> _clients = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _logFailed;

    /// <summary>Called when the container has written something.</summary>
    public Action Wrote { get; init; } = static () => { };

    /// <summary>Sees output after the log and the clients have it.</summary>
    public Action<Frame>? Watch { get; set; }

    /// <summary>Completes when the first output has gone out.</summary>
    public Task First => _first.Task;

    public void Attach(FrameWriter client)
    {
        lock (_lock)
        {
            _clients.Add(client);
        }
    }

    public void Detach(FrameWriter client)
    {
        lock (_lock)
        {
            _clients.Remove(client);
        }
    }

    public async Task WriteOutputAsync(Frame frame, CancellationToken cancellationToken)
    {
        Wrote();
        Log(() => log.Write(frame.Type == FrameType.Stderr, frame.Payload.Span));
        await BroadcastAsync(client => client.PassAsync(frame.Whole, cancellationToken));
        Watch?.Invoke(frame);
        _first.TrySetResult();
    }

    /// <summary>Lines without an end go to the log.</summary>
    public void Finish() => Log(log.Finish);

    public Task BroadcastStartedAsync(StartedMessage started, CancellationToken cancellationToken) =>
        BroadcastAsync(client => client.WriteJsonAsync(FrameType.Started, started, ProtocolJson.Default.StartedMessage, cancellationToken));

    public void Dispose() => log.Dispose();

    /// <summary>A host disk that is full ends the log, not the container.</summary>
    private void Log(Action write)
    {
        if (_logFailed)
        {
            return;
        }

        try
        {
            write();
        }
        catch (IOException)
        {
            _logFailed = true;
        }
    }

    private async Task BroadcastAsync(Func<FrameWriter, ValueTask> write)
    {
        FrameWriter[] clients;
        lock (_lock)
        {
            clients = [.. _clients];
        }

        foreach (FrameWriter client in clients)
        {
            try
            {
                await write(client);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                Detach(client);
            }
        }
    }
}
