namespace Hearth.Posix.Scenes;

/// <summary>The seven types of files.</summary>
internal enum FileKind
{
    Regular,
    Directory,
    Fifo,
    Socket,
    Symlink,
    Character,
    Block,
}
