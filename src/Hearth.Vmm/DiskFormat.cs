namespace Hearth.Vmm;

/// <summary>How a disk's file holds its blocks. Names are in snapshot manifests and may only grow.</summary>
public enum DiskFormat
{
    /// <summary>Block n lies at n times the block's size.</summary>
    Raw,

    /// <summary>qcow2: blocks that differ from the layer below.</summary>
    Qcow2,
}
