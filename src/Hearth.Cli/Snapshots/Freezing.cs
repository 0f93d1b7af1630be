using Hearth.Engine.Client;
using Hearth.Engine.Idle;
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
    /// <param name="context">Of the command.</param>
    /// <param name="vm">Which.</param>
    /// <param name="name">For its manifest.</param>
    /// <param name="stop">End the VM with it.</param>
    /// <param name="diskOnly">Without memory.</param>
    /// <param name="copies">How many will be made at once; 0 when that is not known.</param>
    public static async Task<Freezing> TakeAsync(CliContext context, VmModel vm, string name, bool stop, bool diskOnly, int copies = 0)
    {
        StagingDirectory staging = await StagingDirectory.CreateAsync(context.Paths, "snapshot", context.Cancellation);
        try
        {
            string directory = staging.File("state");
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await using AwakeVm awake = await AwakeVm.OpenAsync(context.Paths, vm, context.Cancellation);
            byte[] answer = await ControlConnection.CallAsync(awake.Vm, new CaptureStateRequest(directory, name, stop, diskOnly, copies), context.Cancellation);
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
