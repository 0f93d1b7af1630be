using System.Text.Json;

namespace Hearth.Vmm.Qemu;

/// <summary>Somebody who waits for one event of the monitor.</summary>
internal sealed class EventWaiter(Func<JsonElement, bool> matches)
{
    private readonly TaskCompletionSource<JsonElement> _event = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The event; fails when the monitor ends first.</summary>
    public Task<JsonElement> Event => _event.Task;

    /// <summary>True when it is the one.</summary>
    public bool Offer(JsonElement message) => matches(message) && _event.TrySetResult(message);

    public void Fail(Exception reason)
    {
        _event.TrySetException(reason);
        _ = _event.Task.Exception; // Observed: the command's own failure may be what its caller sees.
    }
}
