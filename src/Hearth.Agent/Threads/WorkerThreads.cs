namespace Hearth.Agent.Threads;

/// <summary>
/// Threads for blocking work, kept for the next: making one costs about a millisecond in an emulated guest. The thread
/// pool is the wrong place: it has one thread per CPU and adds more only after half a second.
/// </summary>
internal static class WorkerThreads
{
    /// <summary>Idle threads kept; each holds some 20 KiB. A container takes three, one exec beside it two.</summary>
    public const int MaxIdle = 6;

    private const int StackBytes = 256 * 1024;

    private static readonly Lock s_lock = new();
    private static readonly Stack<Worker> s_idle = [];

    /// <summary>Runs the work at once on a thread of its own. It must let no exception out.</summary>
    public static void Run(Action work)
    {
        Worker? worker;
        lock (s_lock)
        {
            s_idle.TryPop(out worker);
        }

        (worker ?? new Worker()).Give(work);
    }

    /// <summary>Makes threads ahead of need.</summary>
    public static void Warm(int count)
    {
        for (int i = 0; i < count; i++)
        {
            new Worker().Give(static () => { });
        }
    }

#pragma warning disable CA1001 // Its thread uses it to the last; the collector takes both.
    private sealed class Worker
#pragma warning restore CA1001
    {
        private readonly SemaphoreSlim _given = new(0);
        private Action? _work;

        public Worker() => new Thread(Loop, StackBytes) { IsBackground = true, Name = "hearth: worker" }.Start();

        public void Give(Action work)
        {
            _work = work;
            _given.Release();
        }

        private void Loop()
        {
            while (true)
            {
                _given.Wait();
                _work!();
                _work = null;
                lock (s_lock)
                {
                    if (s_idle.Count >= MaxIdle)
                    {
                        return;
                    }

                    s_idle.Push(this);
                }
            }
        }
    }
}
