using System.Collections.Concurrent;

namespace Hearth.Linux.Processes;

/// <summary>
/// One thread that starts child processes and lives as long as the program. PR_SET_PDEATHSIG (prctl(2)) is delivered when the
/// thread that made the child ends, not its process: a child started from a pool thread would die with that.
/// </summary>
public static class SpawnThread
{
    private static readonly Lazy<BlockingCollection<Action>> s_work = new(Start);

    public static Task<T> RunAsync<T>(Func<T> start)
    {
        TaskCompletionSource<T> result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        s_work.Value.Add(() =>
        {
            try
            {
                result.SetResult(start());
            }
#pragma warning disable CA1031 // Carried to the caller.
            catch (Exception e)
#pragma warning restore CA1031
            {
                result.SetException(e);
            }
        });
        return result.Task;
    }

    private static BlockingCollection<Action> Start()
    {
        BlockingCollection<Action> work = [];
        new Thread(() =>
        {
            foreach (Action action in work.GetConsumingEnumerable())
            {
                action();
            }
        })
        { IsBackground = true, Name = "hearth: spawn" }.Start();
        return work;
    }
}
