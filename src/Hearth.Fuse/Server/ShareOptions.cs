namespace Hearth.Fuse.Server;

/// <summary>What is served of a host's file or directory, and how.</summary>
/// <param name="Path">The directory, or one file. Symbolic links on the way to it are followed.</param>
public sealed record ShareOptions(string Path)
{
    /// <summary>Every change is refused with EROFS.</summary>
    public bool ReadOnly { get; init; }

    public OwnerMap Owners { get; init; } = OwnerMap.AsIs;

    /// <summary>The guest may make device nodes, if this process may.</summary>
    public bool Devices { get; init; }

    /// <summary>Files that the guest's kernel may know at once: 200 bytes each here, and 1 KiB there.</summary>
    public int MaxNodes { get; init; } = 1 << 20;

    /// <summary>Files that may have descriptors here at once.</summary>
    public int MaxHandles { get; init; } = 2048;

    /// <summary>Most bytes of one read or write; a multiple of 4096.</summary>
    public int MaxTransferBytes { get; init; } = 1 << 20;
}
