using Hearth.Core.Errors;

namespace Hearth.Agent.Copying;

/// <summary>
/// Copies that are being served. They are threads of the agent, which no signal ends: while one has a file open, the disk can
/// be neither unmounted nor made read-only, and is left with a journal to replay.
/// </summary>
internal sealed class CopiesUnderWay
{
    private readonly object _lock = new();
    private readonly List<IDisposable> _streams = [];
    private bool _closed;

    /// <summary>Runs a copy on the calling thread.</summary>
    /// <param name="stream">What it reads from or writes to; another thread ends the copy by disposing of it.</param>
    /// <param name="copy">Must end soon after the stream has.</param>
    /// <exception cref="HearthException"><c>agent.ending</c>: the machine is powered off.</exception>
    public void Run(IDisposable stream, Action copy)
    {
        lock (_lock)
        {
            if (_closed)
            {
                throw new HearthException("agent.ending", "The machine is being powered off.", exitCode: 1);
            }

            _streams.Add(stream);
        }

        try
        {
            copy();
        }
        finally
        {
            lock (_lock)
            {
                _streams.Remove(stream);
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>Ends all copies, lets no new one begin, and waits until their files are closed.</summary>
    /// <returns>False when one has not ended within the bound.</returns>
    public bool CutOff(TimeSpan bound)
    {
        long deadline = Environment.TickCount64 + (long)bound.TotalMilliseconds;
        lock (_lock)
        {
            _closed = true;
            foreach (IDisposable stream in _streams)
            {
                stream.Dispose();
            }

            while (_streams.Count > 0)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_lock, (int)left))
                {
                    return _streams.Count == 0;
                }
            }

            return true;
        }
    }
}
