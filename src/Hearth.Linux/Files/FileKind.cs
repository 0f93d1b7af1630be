namespace Hearth.Linux.Files;

/// <summary>Types of files as st_mode has them (inode(7)).</summary>
public enum FileKind
{
    None = 0,
    Fifo = 0x1000,
    Character = 0x2000,
    Directory = 0x4000,
    Block = 0x6000,
    Regular = 0x8000,
    Link = 0xa000,
    Socket = 0xc000,
}
