using Hearth.Engine.Client;
using Hearth.Engine.Snapshots;
using Hearth.Engine.Store;
using Hearth.Linux.Files;
using Hearth.Protocol;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Cli.Snapshots;

/// <summary>A VM frozen into a directory of this process's own: published under a name, or gone when it is disposed.</summary>
internal sealed class Freezing : IDisposable
{
    private readonly StagingDirectory _staging;

    private Freezing(StagingDirectory staging, FrozenState state, CaptureReply reply)
    {
        _staging = staging;
        State = state;
        Reply = reply;
    }

    public FrozenState State { get; }

    public CaptureReply Reply { get; }

    /// <summary>Has the VM's supervisor freeze it; the VM runs on, unless <paramref name="stop"/>.</summary>
    public static async Task<Freezing> TakeAsync(CliContext context, VmModel vm, string name, bool stop, bool diskOnly)
    {
        StagingDirectory staging = await StagingDirectory.CreateAsync(context.Paths, "snapshot", context.Cancellation);
        try
        {
            string directory = staging.File("state");
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            byte[] answer = await ControlConnection.CallAsync(vm, new CaptureStateRequest(directory, name, stop, diskOnly), context.Cancellation);
            return new Freezing(staging, FrozenState.TryOpen(directory)!, FrameReader.Parse(answer, ProtocolJson.Default.CaptureReply));
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }

    public void Dispose() => _staging.Dispose();
}
