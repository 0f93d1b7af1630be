using System.Text.Json.Serialization;

namespace Hearth.Core.Specs;

/// <summary>JSON of the files and messages that carry these records: camelCase names, enums as words, unknown members ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(VmSpec))]
[JsonSerializable(typeof(VmState))]
[JsonSerializable(typeof(PublishedPort))]
[JsonSerializable(typeof(ContainerSpec))]
[JsonSerializable(typeof(OciImageConfig))]
public sealed partial class HearthJson : JsonSerializerContext;
