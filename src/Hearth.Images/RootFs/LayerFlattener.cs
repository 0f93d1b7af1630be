using Hearth.Core.Errors;
using Hearth.Images.Layers;

namespace Hearth.Images.RootFs;

/// <summary>
/// Writes the merged tree of a stack of layers as one archive, reading each layer once.
///
/// Theory: layers are read from the top down. Whatever an upper layer has decided stays decided, so an entry that is visible can
/// be written at once and one that is not can be forgotten; nothing is unpacked or spooled, and memory grows with the number of
/// names, not with content. (Bottom-up, the way a container runtime applies layers, needs either a tree on disk or a second
/// decompression.) The price: a directory may be written after what lies in it, which the file-system maker accepts.
///
/// Hard links are the one thing that looks downwards:
/// 1. To a name earlier in the same layer that was written: a link is written.
/// 2. To a file in the same layer that an upper layer hides: the file lives on under the link's name. Its content has gone by,
///    so the layer is read a second time at its end, for such files alone.
/// 3. To a name the layer does not hold: it waits for the lower layers, until one has the name or removes it.
/// </summary>
internal sealed class LayerFlattener(TarWriter writer, LayerLimits limits, Action<int, long> onRead, CancellationToken cancellation)
{
    private readonly MergedTree _tree = new();
    private readonly List<PendingLink> _pending = [];
    private Dictionary<string, LayerInode> _inodes = [];
    private HashSet<string> _removed = [];
    private HashSet<string> _directories = [];
    private long _contentBytes;
    private int _entries;

    /// <summary>Writes everything. Invariant: the archive is ended only when every layer was read to its last byte.</summary>
    /// <param name="layers">The layers, the lowest first.</param>
    public void Write(IReadOnlyList<LayerSource> layers)
    {
        for (int index = layers.Count - 1; index >= 0; index--)
        {
            (_inodes, _removed, _directories) = ([], [], []);
            ReadLayer(layers[index], index);
            ResolvePending(layers, index);
            WriteHiddenContent(layers[index], index);
        }

        if (_pending.Count > 0)
        {
            throw DanglingLink(layers, _pending[0]);
        }

        writer.Finish();
    }

    private static HearthException DanglingLink(IReadOnlyList<LayerSource> layers, PendingLink link) => LayerErrors.Invalid(
        layers[link.Layer], link.Name, $"it is a hard link to '{LayerErrors.Printable(link.Target)}', which does not exist");

    private void ReadLayer(LayerSource layer, int index)
    {
        using LayerReader reader = Open(layer, index);
        var archive = new TarReader(reader);
        while (archive.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            if (++_entries > limits.Entries)
            {
                throw LayerErrors.Invalid(layer, entry.Name, $"the image has more than {limits.Entries} entries");
            }

            string[] path = EntryName.Split(layer, entry.Name);
            if (!TakeWhiteout(layer, index, path, entry))
            {
                TakeEntry(layer, index, path, entry, archive);
            }
        }
    }

    private LayerReader Open(LayerSource layer, int index) => new(layer, LayerStream.Open(layer, bytes => onRead(index, bytes)), limits);

    private bool TakeWhiteout(LayerSource layer, int index, string[] path, TarEntry entry)
    {
        int at = Array.FindIndex(path, part => part.StartsWith(EntryName.WhiteoutPrefix, StringComparison.Ordinal));
        if (at < 0)
        {
            return false;
        }

        string[] parent = path[..at];
        if (path[at] == EntryName.OpaqueMark && at == path.Length - 1)
        {
            _removed.Add(EntryName.Join(parent) + "/");
            Check(layer, entry, _tree.Hide(parent, index));
            return true;
        }

        if (path[at].StartsWith(EntryName.AufsPrefix, StringComparison.Ordinal))
        {
            return true;
        }

        string name = path[at][EntryName.WhiteoutPrefix.Length..];
        if (name is "" or "." or ".." || at != path.Length - 1)
        {
            throw LayerErrors.Invalid(layer, entry.Name, "it is a whiteout of nothing");
        }

        string[] target = [.. parent, name];
        _removed.Add(EntryName.Join(target));
        Check(layer, entry, _tree.Hide(target, index));
        return true;
    }

    private void TakeEntry(LayerSource layer, int index, string[] path, TarEntry entry, TarReader archive)
    {
        string name = EntryName.Join(path);
        if (path.Length == 0 && entry.Kind != TarEntryKind.Directory)
        {
            throw LayerErrors.Invalid(layer, entry.Name, "the root must be a directory");
        }

        bool visible = Check(layer, entry, _tree.Place(path, entry, index));
        if (entry.Kind == TarEntryKind.Directory)
        {
            _directories.Add(name);
            if (visible)
            {
                writer.WriteHeader(name.Length == 0 ? "./" : name + "/", Storable(entry));
            }

            return;
        }

        LayerInode inode = entry.Kind == TarEntryKind.HardLink
            ? LinkTarget(layer, index, name, entry)
            : new LayerInode(name, entry.Kind == TarEntryKind.File ? null : Storable(entry));
        if (!_inodes.TryAdd(name, inode) || _directories.Contains(name))
        {
            throw Duplicate(layer, entry);
        }

        if (!visible)
        {
            return;
        }

        if (entry.Kind == TarEntryKind.File)
        {
            WriteFile(layer, name, entry, archive);
            inode.WrittenAs = name;
            return;
        }

        Deliver(name, inode.Final);
    }

    private LayerInode LinkTarget(LayerSource layer, int index, string name, TarEntry entry)
    {
        string target = EntryName.Join(EntryName.Split(layer, entry.LinkName));
        if (_inodes.TryGetValue(target, out LayerInode? found))
        {
            return found;
        }

        var inode = new LayerInode(name, null);
        _pending.Add(new PendingLink(entry.Name, target, index, inode));
        return inode;
    }

    /// <summary>Gives a visible name its inode: a link to what was written, the first writing of it, or a place in its queue.</summary>
    private void Deliver(string name, LayerInode inode)
    {
        if (inode.WrittenAs is { } written)
        {
            writer.WriteHeader(name, new TarEntry(name, TarEntryKind.HardLink) { LinkName = written });
        }
        else if (inode.Leaf is { } leaf)
        {
            writer.WriteHeader(name, leaf);
            inode.WrittenAs = name;
        }
        else
        {
            inode.Wait(name);
        }
    }

    private void ResolvePending(IReadOnlyList<LayerSource> layers, int index)
    {
        for (int i = _pending.Count - 1; i >= 0; i--)
        {
            PendingLink link = _pending[i];
            if (_inodes.TryGetValue(link.Target, out LayerInode? found) && found.Final != link.Inode.Final)
            {
                LayerInode target = found.Final;
                link.Inode.Join(target);
                foreach (string name in link.Inode.Waiting)
                {
                    Deliver(name, target);
                }

                _pending.RemoveAt(i);
            }
            else if (found is not null || _directories.Contains(link.Target) || (link.Layer != index && IsRemoved(link.Target)))
            {
                throw DanglingLink(layers, link);
            }
        }
    }

    private bool IsRemoved(string target)
    {
        if (_removed.Contains("/") || _removed.Contains(target))
        {
            return true;
        }

        for (int slash = target.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = target.IndexOf('/', slash + 1))
        {
            string parent = target[..slash];
            if (_removed.Contains(parent) || _removed.Contains(parent + "/") || _inodes.ContainsKey(parent))
            {
                return true;
            }
        }

        return false;
    }

    private void WriteHiddenContent(LayerSource layer, int index)
    {
        var wanted = _inodes.Values.Where(inode => inode.Final == inode && inode.WrittenAs is null && inode.Waiting.Count > 0 && !IsPending(inode))
            .Distinct().ToDictionary(inode => inode.Path);
        if (wanted.Count == 0)
        {
            return;
        }

        using LayerReader reader = Open(layer, index);
        var archive = new TarReader(reader);
        while (wanted.Count > 0 && archive.Next() is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.Kind != TarEntryKind.File || !wanted.Remove(EntryName.Join(EntryName.Split(layer, entry.Name)), out LayerInode? inode))
            {
                continue;
            }

            WriteFile(layer, inode.Waiting[0], entry, archive);
            inode.WrittenAs = inode.Waiting[0];
            foreach (string name in inode.Waiting.Skip(1))
            {
                Deliver(name, inode);
            }
        }
    }

    private bool IsPending(LayerInode inode) => _pending.Exists(link => link.Inode == inode);

    private void WriteFile(LayerSource layer, string name, TarEntry entry, TarReader archive)
    {
        _contentBytes += entry.Size;
        if (_contentBytes > limits.UnpackedBytes || entry.Size > limits.UnpackedBytes)
        {
            throw LayerErrors.Invalid(layer, entry.Name, $"the image's files are larger than {limits.UnpackedBytes} bytes together");
        }

        writer.WriteHeader(name, Storable(entry));
        long position = 0;
        foreach (SparsePiece piece in entry.Pieces ?? [new SparsePiece(0, entry.Size)])
        {
            writer.WriteZeros(piece.Offset - position);
            position = piece.Offset;
            for (long end = position + piece.Length; position < end;)
            {
                ReadOnlySpan<byte> bytes = archive.NextContent(end - position);
                writer.Write(bytes);
                position += bytes.Length;
                cancellation.ThrowIfCancellationRequested();
            }
        }

        writer.WriteZeros(entry.Size - position + TarBlock.Padding(entry.Size));
    }

    /// <summary>
    /// Drops the attributes that squashfs has no place for (<c>system.*</c>: access control lists) and those by which an image
    /// could speak to the guest's overlay mount (<c>trusted.overlay.*</c>: redirects).
    /// </summary>
    private static TarEntry Storable(TarEntry entry) => entry.Attributes.Count == 0 ? entry : entry with
    {
        Attributes = [.. entry.Attributes.Where(attribute => !attribute.Key.StartsWith("trusted.overlay.", StringComparison.Ordinal)
            && (attribute.Key.StartsWith("user.", StringComparison.Ordinal) || attribute.Key.StartsWith("trusted.", StringComparison.Ordinal)
                || attribute.Key.StartsWith("security.", StringComparison.Ordinal)))],
    };

    private static HearthException Duplicate(LayerSource layer, TarEntry entry) => LayerErrors.Invalid(layer, entry.Name, "the layer holds this name twice");

    private static bool Check(LayerSource layer, TarEntry entry, Placement placement) => placement switch
    {
        Placement.Visible => true,
        Placement.Hidden => false,
        Placement.Duplicate => throw Duplicate(layer, entry),
        _ => throw LayerErrors.Invalid(layer, entry.Name, "its parent is not a directory in the same layer"),
    };
}
