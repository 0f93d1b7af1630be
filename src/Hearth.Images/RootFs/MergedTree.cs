using Hearth.Images.Layers;

namespace Hearth.Images.RootFs;

/// <summary>
/// The names of the merged tree, given from the top layer down, as overlayfs would show them:
///
/// - a name is decided by the topmost layer that has it; two directories merge, and the upper one's owner and mode hold;
/// - a whiteout hides the name in all lower layers, an opaque mark hides what lower layers hold inside a directory; neither
///   touches its own layer, wherever in the archive it stands;
/// - a leaf over a directory, or a directory over a leaf, hides everything lower at that name. So a directory that is only
///   implied by a path (<c>bin/tool</c>) hides a lower symbolic link <c>bin</c>; links are never followed on the way to a name,
///   which is what leaves no way out of the root.
/// </summary>
internal sealed class MergedTree
{
    private readonly TreeNode _root = new() { State = TreeNodeState.ImpliedDirectory };

    /// <summary>Gives an entry its place. <paramref name="path"/> is the parts of its name; empty for the root itself.</summary>
    public Placement Place(string[] path, TarEntry entry, int layer)
    {
        bool isDirectory = entry.Kind == TarEntryKind.Directory;
        Placement way = Walk(path, layer, out TreeNode node);
        if (way != Placement.Visible)
        {
            return way;
        }

        bool own = node.Layer == layer;
        switch (node.State)
        {
            case TreeNodeState.Absent:
                node.State = isDirectory ? TreeNodeState.Directory : TreeNodeState.Leaf;
                break;
            case TreeNodeState.ImpliedDirectory when isDirectory:
                node.State = TreeNodeState.Directory;
                break;
            case TreeNodeState.Directory when isDirectory:
                // Archives made by hand repeat directories; the same one twice says nothing new.
                return own && node.Metadata != Metadata(entry) ? Placement.Duplicate : Placement.Hidden;
            case TreeNodeState.Leaf:
                return own ? Placement.Duplicate : Placement.Hidden;
            default:
                if (own)
                {
                    return Placement.Duplicate;
                }

                node.HidesBelow = Math.Max(node.HidesBelow, layer);
                return Placement.Hidden;
        }

        node.Layer = layer;
        node.Metadata = Metadata(entry);
        if (!isDirectory)
        {
            node.HidesBelow = layer;
        }

        return Placement.Visible;
    }

    /// <summary>Hides a name in all layers below <paramref name="layer"/> (a whiteout, or an opaque mark of a directory).</summary>
    public Placement Hide(string[] path, int layer)
    {
        Placement way = Walk(path, layer, out TreeNode node);
        if (way == Placement.Visible)
        {
            node.HidesBelow = Math.Max(node.HidesBelow, layer);
        }

        return way;
    }

    private static (int Mode, uint UserId, uint GroupId) Metadata(TarEntry entry) => (entry.Mode, entry.UserId, entry.GroupId);

    private Placement Walk(string[] path, int layer, out TreeNode node)
    {
        node = _root;
        for (int i = 0; i < path.Length; i++)
        {
            if (node.State == TreeNodeState.Leaf && node.Layer == layer)
            {
                return Placement.ParentIsNoDirectory;
            }

            if (node.State == TreeNodeState.Absent && node.HidesBelow <= layer)
            {
                node.State = TreeNodeState.ImpliedDirectory;
                node.Layer = layer;
            }

            if (node.HidesBelow > layer)
            {
                return Placement.Hidden;
            }

            node.Children ??= [];
            if (!node.Children.TryGetValue(path[i], out TreeNode? child))
            {
                child = new TreeNode { Layer = layer };
                node.Children.Add(path[i], child);
            }

            node = child;
        }

        return node.HidesBelow > layer ? Placement.Hidden : Placement.Visible;
    }
}
