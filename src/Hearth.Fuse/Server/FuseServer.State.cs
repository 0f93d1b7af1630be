using Hearth.Fuse.Messages;
using Hearth.Fuse.Nodes;
using Hearth.Linux.Abi;

namespace Hearth.Fuse.Server;

// Theory of operation
//
// A guest that goes on from a saved state knows files by the numbers that a server of another life gave them, and relies on what
// that one told it. The state is that: for each number the file's identity and place, what the guest knows of it, and whether it was told to rely on
// being told. A file is found again by its place, if it is still the same one there; otherwise requests for it are ESTALE, which
// makes the kernel look its name up anew. What had no place any more (unlinked while it was open) is ESTALE for good.
//
//   u8 version, u8 flags, u64 last number, u32 nodes
//   per node: u64 number, u64 device, u64 inode, u32 kind, u64 parent (0: none), u16 name bytes, name, u64 lookups,
//             u8 what follows: 1 watched, 2 known; when known: u64 size, i64 u32 modified, i64 u32 changed, u32 links

/// <content>A server's state, for a guest that is saved and goes on.</content>
public sealed partial class FuseServer
{
    private const byte StateVersion = 1;
    private const byte ExtendedFlag = 1;
    private const byte WatchedFlag = 1;
    private const byte KnownFlag = 2;

    /// <summary>Writes down what the guest knows. Nobody may be served meanwhile.</summary>
    public void Save(BinaryWriter writer)
    {
        Dictionary<ulong, Node> nodes = [];
        foreach (Node node in _nodes.All())
        {
            for (Node? each = node; each is not null && nodes.TryAdd(each.Id, each);)
            {
                each = each.PlaceOf(out _); // A directory that the kernel forgot is still the place of what it knows.
            }
        }

        writer.Write(StateVersion);
        writer.Write(_extendedSetAttribute ? ExtendedFlag : (byte)0);
        writer.Write(_nodes.LastId);
        writer.Write((uint)nodes.Count);
        foreach (Node node in nodes.Values)
        {
            Save(writer, node);
        }
    }

    /// <summary>Takes over from a server of another life. Before the first message, and before <see cref="Follow"/>.</summary>
    /// <exception cref="InvalidDataException">It is not what was written down.</exception>
    public void Load(BinaryReader reader)
    {
        try
        {
            if (reader.ReadByte() != StateVersion)
            {
                throw new InvalidDataException("The state of a share has another version.");
            }

            _extendedSetAttribute = (reader.ReadByte() & ExtendedFlag) != 0;
            ulong last = reader.ReadUInt64();
            uint count = reader.ReadUInt32();
            Dictionary<ulong, (Node Node, ulong Parent, byte[] Name)> read = [];
            for (uint i = 0; i < count; i++)
            {
                (Node Node, ulong Parent, byte[] Name) entry = LoadNode(reader);
                if (!read.TryAdd(entry.Node.Id, entry))
                {
                    throw new InvalidDataException("The state of a share has a number twice.");
                }
            }

            Adopt(read, last);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The state of a share ends too early.", e);
        }
    }

    private static void Save(BinaryWriter writer, Node node)
    {
        writer.Write(node.Id);
        writer.Write(node.Key.Device);
        writer.Write(node.Key.Inode);
        writer.Write(node.Kind);
        writer.Write(node.PlaceOf(out byte[] name)?.Id ?? 0);
        writer.Write((ushort)name.Length);
        writer.Write(name);
        writer.Write(node.Lookups);
        KnownState? known = node.Known;
        writer.Write((byte)((node.Watch is null ? 0 : WatchedFlag) | (known is null ? 0 : KnownFlag)));
        if (known is { } state)
        {
            writer.Write(state.Size);
            writer.Write(state.Modified.Seconds);
            writer.Write(state.Modified.Nanoseconds);
            writer.Write(state.Changed.Seconds);
            writer.Write(state.Changed.Nanoseconds);
            writer.Write(state.Links);
        }
    }

    private (Node Node, ulong Parent, byte[] Name) LoadNode(BinaryReader reader)
    {
        ulong id = reader.ReadUInt64();
        NodeKey key = new(reader.ReadUInt64(), reader.ReadUInt64());
        Node node = new(id, key, reader.ReadUInt32()) { Cache = _cache };
        ulong parent = reader.ReadUInt64();
        byte[] name = reader.ReadBytes(reader.ReadUInt16());
        node.Lookups = reader.ReadUInt64();
        byte flags = reader.ReadByte();
        node.WasWatched = (flags & WatchedFlag) != 0;
        if ((flags & KnownFlag) != 0)
        {
            node.Known = new KnownState(reader.ReadUInt64(), (reader.ReadInt64(), reader.ReadUInt32()), (reader.ReadInt64(), reader.ReadUInt32()), reader.ReadUInt32());
        }

        bool hasName = name.Length > 1 && name[^1] == 0 && FuseRequest.IsName(name.AsSpan(0, name.Length - 1));
        return parent == 0 || hasName ? (node, parent, name) : throw new InvalidDataException("The state of a share has a name that is none.");
    }

    private void Adopt(Dictionary<ulong, (Node Node, ulong Parent, byte[] Name)> read, ulong last)
    {
        foreach ((Node node, ulong parent, byte[] name) in read.Values)
        {
            if (node.Id == FuseNumbers.FUSE_ROOT_ID)
            {
                _root.WasWatched = node.WasWatched;
                _root.Known = node.Known;
                continue;
            }

            if (parent != 0)
            {
                node.Place(parent == FuseNumbers.FUSE_ROOT_ID ? _root : read.TryGetValue(parent, out var above) ? above.Node : throw new InvalidDataException("The state of a share has a place that is nowhere."), name);
            }

            if (node.Lookups > 0)
            {
                _nodes.Adopt(node);
            }
        }

        _nodes.LastId = Math.Max(last, FuseNumbers.FUSE_ROOT_ID);
        if (read.Values.Any(entry => entry.Node.Id > last) || HasCircle(read))
        {
            throw new InvalidDataException("The state of a share cannot be.");
        }
    }

    /// <summary>Places lead to the root: whoever looks for one does not look for ever.</summary>
    private static bool HasCircle(Dictionary<ulong, (Node Node, ulong Parent, byte[] Name)> read)
    {
        HashSet<ulong> reachesRoot = [0, FuseNumbers.FUSE_ROOT_ID];
        List<ulong> path = [];
        foreach (ulong start in read.Keys)
        {
            path.Clear();
            for (ulong each = start; !reachesRoot.Contains(each); each = read[each].Parent)
            {
                if (path.Count > read.Count)
                {
                    return true;
                }

                path.Add(each);
            }

            reachesRoot.UnionWith(path);
        }

        return false;
    }
}
