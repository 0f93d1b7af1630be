namespace Hearth.Fuse.Nodes;

/// <summary>What makes two names one file.</summary>
/// <param name="Device">Major and minor number of the file system.</param>
/// <param name="Inode">Its number there.</param>
internal readonly record struct NodeKey(ulong Device, ulong Inode);
