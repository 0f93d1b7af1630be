namespace Hearth.Posix.Scenes;

/// <summary>What a case needs of the caller.</summary>
internal enum Needs
{
    Nothing,

    /// <summary>To be root, and to act as other users.</summary>
    Users,
}
