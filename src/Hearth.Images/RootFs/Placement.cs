namespace Hearth.Images.RootFs;

/// <summary>What becomes of an entry.</summary>
internal enum Placement
{
    /// <summary>It is part of the merged tree.</summary>
    Visible,

    /// <summary>A layer above took its place or removed it.</summary>
    Hidden,

    /// <summary>Another entry of its own layer has the name, and differs.</summary>
    Duplicate,

    /// <summary>Its parent is something else than a directory in its own layer.</summary>
    ParentIsNoDirectory,
}
