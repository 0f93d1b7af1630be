namespace Hearth.Engine.Supervision;

/// <summary>
/// The pause before a restart, as Docker has it: 100 ms, doubled up to a minute, back to 100 ms after a run of 10 s. The one
/// wait on time there is: its purpose is to let time pass.
/// </summary>
internal sealed class RestartBackoff(TimeProvider time)
{
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_last = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_goodRun = TimeSpan.FromSeconds(10);

    private TimeSpan _next = s_first;

    /// <summary>Waits; false when the VM is ended meanwhile.</summary>
    public async Task<bool> WaitAsync(TimeSpan lastRun, CancellationToken end)
    {
        _next = lastRun >= s_goodRun ? s_first : _next;
        TimeSpan pause = _next;
        _next = TimeSpan.FromTicks(Math.Min(_next.Ticks * 2, s_last.Ticks));
        try
        {
            await Task.Delay(pause, time, end); // The pause is what was asked for: nothing is waited for.
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
