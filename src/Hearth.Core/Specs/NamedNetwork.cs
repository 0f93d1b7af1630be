namespace Hearth.Core.Specs;

/// <summary>A network that VMs share; <c>networks/&lt;name&gt;/network.json</c>.</summary>
public sealed record NamedNetwork
{
    /// <summary>The newest format this program writes; a newer one is refused.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string Name { get; init; }

    /// <summary>IPv4, in CIDR notation.</summary>
    public required string Subnet { get; init; }

    /// <summary>IPv6, in CIDR notation; null for none.</summary>
    public string? Subnet6 { get; init; }

    /// <summary>A VM that is on such networks only reaches nobody else.</summary>
    public bool Internal { get; init; }

    public required DateTimeOffset Created { get; init; }
}
