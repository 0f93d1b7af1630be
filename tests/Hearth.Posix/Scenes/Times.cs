namespace Hearth.Posix.Scenes;

/// <summary>The three time stamps of a file.</summary>
[Flags]
internal enum Times
{
    None = 0,
    Accessed = 1,
    Modified = 2,
    Changed = 4,

    /// <summary>Any may have changed besides: the last access, as the mount has it.</summary>
    PerhapsAccessed = 8,
    Content = Modified | Changed,
}
