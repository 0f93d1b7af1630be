namespace Hearth.Posix.Scenes;

/// <summary>A named piece of behaviour. <paramref name="Needs"/> is what the caller must be able to do.</summary>
internal sealed record Case(string Name, Action<Scene> Play, Needs Needs = Needs.Nothing);
