using Hearth.Linux.ChildPrograms;
using Hearth.Linux.Processes;

namespace Hearth.Agent.Processes;

/// <summary>
/// Collects every child of PID 1: ours and the orphans that come to us. A launch holds <see cref="_lock"/> from before the
/// child exists until it is known here, so an exit is never seen before its registration.
/// </summary>
#pragma warning disable CA1001 // Lives as long as the machine.
internal sealed class Reaper
#pragma warning restore CA1001
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, TaskCompletionSource<ChildStatus>> _watched = [];
    private readonly AutoResetEvent _launched = new(initialState: false);

    public void Start() => new Thread(Loop, 128 * 1024) { IsBackground = true, Name = "hearth: reaper" }.Start();

    /// <summary>Starts a child and watches it.</summary>
    /// <param name="launch">Makes the child; may throw, when there is no child to watch (a failed one is collected and forgotten).</param>
    public RunningProcess Launch(Func<ChildProcess> launch)
    {
        TaskCompletionSource<ChildStatus> exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            lock (_lock)
            {
                ChildProcess child = launch();
                _watched[child.Pid] = exit;
                return new RunningProcess(child.Pid, child.Handle, exit.Task);
            }
        }
        finally
        {
            _launched.Set();
        }
    }

    /// <summary>Watches a child that was made before and stands still.</summary>
    public RunningProcess Watch(ChildProcess child)
    {
        TaskCompletionSource<ChildStatus> exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _watched[child.Pid] = exit;
        }

        return new RunningProcess(child.Pid, child.Handle, exit.Task);
    }

    /// <summary>Says that there is a child to wait for.</summary>
    public void ChildWasMade() => _launched.Set();

    private void Loop()
    {
        while (true)
        {
            if (!Children.WaitAny(out ChildStatus status))
            {
                _launched.WaitOne();
                continue;
            }

            TaskCompletionSource<ChildStatus>? exit;
            lock (_lock)
            {
                _watched.Remove(status.Pid, out exit);
            }

            exit?.SetResult(status);
        }
    }
}
