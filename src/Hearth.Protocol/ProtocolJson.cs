using System.Text.Json.Serialization;
using Hearth.Protocol.Agent;
using Hearth.Protocol.Control;
using Hearth.Protocol.Frames;

namespace Hearth.Protocol;

/// <summary>JSON of every message, generated at build time (NativeAOT has no reflection): camelCase, enums as words, one line. A message that lacks a member is refused: a guest may send anything.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AgentRequest))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(TopReply))]
[JsonSerializable(typeof(StatsReply))]
[JsonSerializable(typeof(PathReply))]
[JsonSerializable(typeof(AgentReady))]
[JsonSerializable(typeof(VmStats))]
[JsonSerializable(typeof(CaptureReply))]
[JsonSerializable(typeof(ErrorMessage))]
[JsonSerializable(typeof(StartedMessage))]
[JsonSerializable(typeof(ExitMessage))]
public sealed partial class ProtocolJson : JsonSerializerContext;
