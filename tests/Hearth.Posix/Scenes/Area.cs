namespace Hearth.Posix.Scenes;

/// <summary>Cases about one thing.</summary>
internal sealed record Area(string Name, params Case[] Cases);
