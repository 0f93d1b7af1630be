using System.Text.Json.Serialization;
using Hearth.Engine.Snapshots.Exports;
using Hearth.Vmm;

namespace Hearth.Engine.Snapshots;

/// <summary>JSON of the files of frozen guests: camelCase names, enums as words, unknown members ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(FrozenManifest))]
[JsonSerializable(typeof(List<DiskLayer>))]
[JsonSerializable(typeof(ExportManifest))]
public sealed partial class SnapshotJson : JsonSerializerContext;
