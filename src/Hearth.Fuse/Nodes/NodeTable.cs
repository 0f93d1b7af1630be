using System.Collections.Concurrent;
using Hearth.Linux.Abi;
using Microsoft.Win32.SafeHandles;

namespace Hearth.Fuse.Nodes;

/// <summary>All nodes that a guest's kernel knows of one tree.</summary>
/// <param name="most">Nodes; a kernel that looks up more and forgets none is refused.</param>
/// <param name="cache">Bounds their descriptors.</param>
internal sealed class NodeTable(int most, HandleCache cache)
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<ulong, Node> _byId = new();
    private readonly Dictionary<NodeKey, Node> _byKey = [];
    private ulong _lastId = FuseNumbers.FUSE_ROOT_ID;

    public int Count => _byId.Count;

    /// <summary>The number that was given last.</summary>
    public ulong LastId
    {
        get
        {
            lock (_lock)
            {
                return _lastId;
            }
        }

        set
        {
            lock (_lock)
            {
                _lastId = value;
            }
        }
    }

    /// <summary>A node that the guest knows from another life. What became another file meanwhile has two: the identity leads to the last.</summary>
    public void Adopt(Node node)
    {
        lock (_lock)
        {
            _byId[node.Id] = node;
            _byKey[node.Key] = node;
        }
    }

    /// <summary>Makes the tree's root. It stays.</summary>
    public Node AddRoot(SafeFileHandle path, in Statx.statx status)
    {
        Node root = new(FuseNumbers.FUSE_ROOT_ID, Node.KeyOf(status), Node.KindOf(status)) { Cache = cache };
        root.Hold(path);
        _byKey[root.Key] = root;
        _byId[root.Id] = root;
        return root;
    }

    public IEnumerable<Node> All() => _byId.Values;

    public Node? Find(ulong id) => _byId.GetValueOrDefault(id);

    /// <summary>The node of that file, if the guest knows it.</summary>
    public Node? Find(NodeKey key)
    {
        lock (_lock)
        {
            return _byKey.GetValueOrDefault(key);
        }
    }

    /// <summary>The node of a file that was just seen under a name; known once more. Null when there are too many.</summary>
    /// <param name="parent">The directory.</param>
    /// <param name="name">With a zero.</param>
    /// <param name="status">Of the file.</param>
    public Node? Know(Node parent, ReadOnlySpan<byte> name, in Statx.statx status)
    {
        Node node;
        NodeKey key = Node.KeyOf(status);
        lock (_lock)
        {
            if (!_byKey.TryGetValue(key, out Node? known))
            {
                if (_byKey.Count >= most)
                {
                    return null;
                }

                known = new Node(++_lastId, key, Node.KindOf(status)) { Cache = cache };
                _byKey.Add(key, known);
                _byId[known.Id] = known;
            }

            known.Lookups++;
            node = known;
        }

        if (node.Id != FuseNumbers.FUSE_ROOT_ID)
        {
            node.Place(parent, name);
        }

        return node;
    }

    /// <returns>The node when it is forgotten altogether; it is closed.</returns>
    public Node? Forget(ulong id, ulong times)
    {
        Node? gone = null;
        lock (_lock)
        {
            if (id != FuseNumbers.FUSE_ROOT_ID && _byId.TryGetValue(id, out Node? node))
            {
                node.Lookups -= Math.Min(times, node.Lookups);
                if (node.Lookups == 0)
                {
                    _ = _byId.TryRemove(id, out _);
                    if (_byKey.TryGetValue(node.Key, out Node? same) && ReferenceEquals(same, node))
                    {
                        _ = _byKey.Remove(node.Key);
                    }

                    gone = node;
                }
            }
        }

        gone?.Dispose();
        return gone;
    }

    /// <summary>Closes every descriptor; the tree is not served any more.</summary>
    public void Close()
    {
        foreach (Node node in _byId.Values)
        {
            node.Dispose();
        }
    }
}
