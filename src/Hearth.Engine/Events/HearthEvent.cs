namespace Hearth.Engine.Events;

/// <summary>Something that happened to a VM or an image.</summary>
/// <param name="Time">When.</param>
/// <param name="Type"><c>container</c> or <c>image</c>.</param>
/// <param name="Action"><c>create</c>, <c>start</c>, <c>die</c>, … as Docker names them.</param>
/// <param name="Id">The VM's or image's id.</param>
/// <param name="Attributes"><c>name</c>, <c>image</c>, <c>exitCode</c>, labels.</param>
public sealed record HearthEvent(DateTimeOffset Time, string Type, string Action, string Id, IReadOnlyDictionary<string, string> Attributes);
