using System.Text.Json.Serialization;

namespace Hearth.Networking.Egress;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EgressLogEntry))]
public sealed partial class EgressJson : JsonSerializerContext;
