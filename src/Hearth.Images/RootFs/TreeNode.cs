namespace Hearth.Images.RootFs;

/// <summary>One name of the merged tree.</summary>
internal sealed class TreeNode
{
    public Dictionary<string, TreeNode>? Children { get; set; }

    public TreeNodeState State { get; set; }

    /// <summary>The layer that gave <see cref="State"/> its present value.</summary>
    public int Layer { get; set; }

    /// <summary>What lower layers than this one hold at or below the name is hidden; -1 when nothing is.</summary>
    public int HidesBelow { get; set; } = -1;

    /// <summary>Mode and owner of a directory: what a repeated entry must agree with.</summary>
    public (int Mode, uint UserId, uint GroupId) Metadata { get; set; }
}
