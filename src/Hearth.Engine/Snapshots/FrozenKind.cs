namespace Hearth.Engine.Snapshots;

/// <summary>What a frozen guest is for. Names are in manifests and may only grow.</summary>
public enum FrozenKind
{
    /// <summary>Ready to start a container; made and removed by Hearth.</summary>
    Template,

    /// <summary>Made and removed by the user.</summary>
    Snapshot,

    /// <summary>A VM that goes on from it, once.</summary>
    Suspended,
}
