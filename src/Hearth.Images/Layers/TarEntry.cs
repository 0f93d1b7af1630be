namespace Hearth.Images.Layers;

/// <summary>
/// One entry of an archive, extensions applied. Names hold one char per byte (Latin-1), so that names in any encoding pass
/// unchanged.
/// </summary>
internal sealed record TarEntry(string Name, TarEntryKind Kind)
{
    /// <summary>Permission bits with setuid, setgid and sticky: at most 07777.</summary>
    public int Mode { get; init; }

    public uint UserId { get; init; }

    public uint GroupId { get; init; }

    /// <summary>Seconds since 1970-01-01, whole: squashfs keeps no fractions.</summary>
    public long ModifiedSeconds { get; init; }

    /// <summary>The size of the file with its holes, in bytes; zero for anything but a file.</summary>
    public long Size { get; init; }

    public string LinkName { get; init; } = string.Empty;

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes, raw, in the order of the archive.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Attributes { get; init; } = [];

    /// <summary>The pieces of a sparse file that hold data, rising; null when all of it does.</summary>
    public IReadOnlyList<SparsePiece>? Pieces { get; init; }
}
