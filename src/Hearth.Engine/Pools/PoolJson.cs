using System.Text.Json.Serialization;

namespace Hearth.Engine.Pools;

/// <summary>JSON of the files of pools and spares: camelCase names, enums as words, unknown members ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(PoolWish))]
[JsonSerializable(typeof(SpareRecord))]
public sealed partial class PoolJson : JsonSerializerContext;
