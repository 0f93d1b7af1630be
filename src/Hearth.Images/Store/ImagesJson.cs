using System.Text.Json.Serialization;

namespace Hearth.Images.Store;

/// <summary>JSON of the store's own files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(ImageNames))]
[JsonSerializable(typeof(ImageMetadata))]
internal sealed partial class ImagesJson : JsonSerializerContext;
