using Hearth.Linux.Abi;

namespace Hearth.Agent.Shares;

/// <summary>
/// Files of a share that the host has to hear of when they are closed, because they were written or locked. The kernel says of every close
/// that it happened (FLUSH), and its process waits for the answer; of all others it is given here.
/// </summary>
internal sealed class WrittenFiles
{
    private readonly Lock _lock = new();
    private readonly HashSet<ulong> _nodes = [];

    /// <summary>Takes a request into account.</summary>
    /// <returns>Whether it is a close that nobody else has to know of.</returns>
    public bool IsIdleClose(uint operation, ulong node)
    {
        switch (operation)
        {
            case FuseNumbers.FUSE_WRITE or FuseNumbers.FUSE_FALLOCATE or FuseNumbers.FUSE_SETLK or FuseNumbers.FUSE_SETLKW:
                lock (_lock)
                {
                    _nodes.Add(node);
                }

                return false;
            case FuseNumbers.FUSE_FLUSH:
                lock (_lock)
                {
                    return !_nodes.Remove(node);
                }

            case FuseNumbers.FUSE_FORGET:
                lock (_lock)
                {
                    _ = _nodes.Remove(node);
                }

                return false;
            default:
                return false;
        }
    }
}
