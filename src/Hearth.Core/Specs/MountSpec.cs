namespace Hearth.Core.Specs;

/// <summary>A mount of the container that comes from the host.</summary>
public sealed record MountSpec
{
    /// <summary>A file or directory of the host: an absolute path, whose links are followed at each start.</summary>
    public required string Source { get; init; }

    /// <summary>Absolute path in the container.</summary>
    public required string Target { get; init; }

    public bool ReadOnly { get; init; }
}
