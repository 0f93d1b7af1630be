using System.Text.Json.Serialization;

namespace Hearth.Images.Kernels;

/// <summary><c>kernels/&lt;digest&gt;/meta.json</c>.</summary>
internal sealed record KernelMetadata
{
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string Name { get; init; }

    public required string Release { get; init; }

    /// <summary>The package that the kernel came from, with its version.</summary>
    public required string Origin { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(KernelMetadata))]
internal sealed partial class KernelJson : JsonSerializerContext;
