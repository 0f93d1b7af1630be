using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Client;

/// <summary>The life line to a supervisor that was there before this process: the connection on which it was claimed.</summary>
internal sealed class ConnectionLifeline : SupervisorLifeline
{
    private readonly ControlConnection _connection;

    /// <summary>
    /// The kernel gives the supervisor's lock back when that is gone. With <c>--rm</c> the file's name goes before the process does, hence the wait
    /// begins at once: in the foreground, where the container cannot have ended yet.
    /// </summary>
    private readonly Task<FileLock>? _gone;

    public ConnectionLifeline(ControlConnection connection, VmModel vm, bool foreground)
    {
        _connection = connection;
        _gone = foreground ? FileLock.AcquireAsync(vm.SupervisorLock, FileLockMode.Shared, CancellationToken.None) : null;
    }

    public override void Detach()
    {
        try
        {
            _connection.Writer.WriteJsonAsync(FrameType.Request, new LetGoRequest(), ProtocolJson.Default.ControlRequest, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has ended already; its state says how.
        }
    }

    public override async Task WaitForExitAsync(CancellationToken cancellationToken)
    {
        if (_gone is not null)
        {
            (await _gone.WaitAsync(cancellationToken)).Dispose();
        }
    }

    public override void Dispose() => _connection.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
