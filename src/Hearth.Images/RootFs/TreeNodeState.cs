namespace Hearth.Images.RootFs;

/// <summary>What the layers seen so far made of a name.</summary>
internal enum TreeNodeState
{
    /// <summary>Nothing; the node is there for a whiteout's sake.</summary>
    Absent,

    /// <summary>A directory, because something lies in it; a lower layer may still say whose it is.</summary>
    ImpliedDirectory,

    Directory,

    /// <summary>Anything but a directory.</summary>
    Leaf,
}
