namespace Hearth.Posix.Scenes;

/// <summary>The rest of the case cannot be run here.</summary>
internal sealed class SkipException(string reason) : Exception(reason);
