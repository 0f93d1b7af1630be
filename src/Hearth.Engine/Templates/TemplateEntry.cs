using Hearth.Engine.Snapshots;

namespace Hearth.Engine.Templates;

/// <summary>A template as a listing shows it.</summary>
/// <param name="State">The frozen guest.</param>
/// <param name="Bytes">What it takes on the disk, were it alone.</param>
/// <param name="LastUsed">When a VM was last started from it.</param>
public sealed record TemplateEntry(FrozenState State, long Bytes, DateTimeOffset LastUsed)
{
    /// <summary>32 hexadecimal digits: its directory's name.</summary>
    public string Key => Path.GetFileName(State.Directory);
}
