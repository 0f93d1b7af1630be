using System.Text.Json.Serialization;

namespace Hearth.Core.Specs;

/// <summary>JSON of the files and messages that carry these records: camelCase names, enums as words, unknown members ignored.</summary>
/// <remarks>
/// A member that a file of an older program does not have is set to null or zero, whatever its property begins with (the generated code sets
/// every <c>init</c> property): lists take null for empty, and what a new member means when it is not there is its null or zero.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(VmSpec))]
[JsonSerializable(typeof(VmState))]
[JsonSerializable(typeof(NamedNetwork))]
[JsonSerializable(typeof(PublishedPort))]
[JsonSerializable(typeof(ContainerSpec))]
[JsonSerializable(typeof(OciImageConfig))]
public sealed partial class HearthJson : JsonSerializerContext;
