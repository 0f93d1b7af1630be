namespace Hearth.Posix.Scenes;

/// <summary><c>struct linux_dirent64</c>. <paramref name="Position"/> is where the next entry begins, for seekdir(3).</summary>
internal readonly record struct DirectoryEntry(ulong Inode, long Position, byte Type, string Name);
