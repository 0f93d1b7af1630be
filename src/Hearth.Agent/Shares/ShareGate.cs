using System.Diagnostics;
using Hearth.Core.Errors;
using Hearth.Linux.Abi;

namespace Hearth.Agent.Shares;

// Theory of operation
//
// A guest is saved when nothing is under way between it and its file servers: no request without its answer, and none half
// sent. Then a copy, whose servers never saw what was asked before, has nothing to ask again, and nothing is done twice. A
// request that the kernel hands out while the gate is shut waits here, in the guest's memory, and is sent when it opens:
// in the guest that goes on and in each of its copies, once.

/// <summary>Counts what is under way on all ports, and holds what comes while the guest is being saved.</summary>
internal sealed class ShareGate
{
    /// <summary>A host's disk may be slow; whoever freezes the guest waits this long for it.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly object _turn = new();
    private bool _shut;
    private int _underWay;

    /// <summary>Whether the host answers what asks for this.</summary>
    public static bool IsAnswered(uint operation) => operation is not (FuseNumbers.FUSE_FORGET or FuseNumbers.FUSE_BATCH_FORGET);

    /// <summary>Something begins; waits while the gate is shut.</summary>
    public void Enter()
    {
        lock (_turn)
        {
            while (_shut)
            {
                _ = Monitor.Wait(_turn);
            }

            _underWay++;
        }
    }

    /// <summary>It has ended.</summary>
    public void Leave()
    {
        lock (_turn)
        {
            _underWay--;
            if (_shut && _underWay == 0)
            {
                Monitor.PulseAll(_turn);
            }
        }
    }

    /// <summary>Lets nothing begin, and waits until nothing is under way.</summary>
    /// <exception cref="HearthException"><c>shares.busy</c>; the gate is open again.</exception>
    public void Shut()
    {
        long began = Stopwatch.GetTimestamp();
        lock (_turn)
        {
            _shut = true;
            while (_underWay > 0)
            {
                TimeSpan left = s_bound - Stopwatch.GetElapsedTime(began);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_turn, left))
                {
                    Open();
                    throw new HearthException(
                        "shares.busy", $"{_underWay} operations on files of the host did not end within {s_bound.TotalSeconds:0} s.", "The host's disk may be slow or stuck: try again.");
                }
            }
        }
    }

    public void Open()
    {
        lock (_turn)
        {
            _shut = false;
            Monitor.PulseAll(_turn);
        }
    }
}
