using System.Text.Json.Serialization;

namespace Hearth.Engine.Events;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HearthEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
