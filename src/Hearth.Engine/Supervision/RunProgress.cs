using Hearth.Core.Errors;
using Hearth.Protocol.Frames;

namespace Hearth.Engine.Supervision;

/// <summary>The two events of one run that clients wait for.</summary>
internal sealed class RunProgress
{
    public TaskCompletionSource<StartedMessage> Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<FinalOutcome> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The container will not start any more; nothing happens when it did.</summary>
    public void Fail(HearthException error)
    {
        Started.TrySetException(error);
        _ = Started.Task.Exception; // Observed: there may be nobody who waits.
    }
}
