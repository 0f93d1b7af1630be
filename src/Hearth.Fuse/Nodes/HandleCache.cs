namespace Hearth.Fuse.Nodes;

/// <summary>
/// Bounds how many nodes have descriptors: who was not used since it was last looked at gives its own up (the second-chance rule).
/// </summary>
/// <param name="most">Nodes that may have descriptors; each has up to four.</param>
internal sealed class HandleCache(int most)
{
    private readonly Lock _lock = new();
    private readonly Queue<Node> _nodes = [];

    /// <summary>Nodes that have descriptors.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _nodes.Count;
            }
        }
    }

    /// <summary>A node has got a descriptor. May be called under the node's lock: another's is only tried for afterwards, by <see cref="MakeRoom"/>.</summary>
    public void Add(Node node)
    {
        lock (_lock)
        {
            if (!node.IsCached)
            {
                node.IsCached = true;
                _nodes.Enqueue(node);
            }
        }
    }

    /// <summary>Has nodes give descriptors up until there are no more than allowed. Not under a node's lock.</summary>
    public void MakeRoom()
    {
        for (int looked = 0; looked < 2 * most; looked++)
        {
            Node? node;
            lock (_lock)
            {
                if (_nodes.Count <= most || !_nodes.TryDequeue(out node))
                {
                    return;
                }

                if (node.Used)
                {
                    node.Used = false;
                    _nodes.Enqueue(node);
                    continue;
                }

                node.IsCached = false;
            }

            if (!node.Trim())
            {
                Add(node);
            }
        }
    }
}
