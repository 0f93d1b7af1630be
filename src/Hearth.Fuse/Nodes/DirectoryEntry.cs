namespace Hearth.Fuse.Nodes;

/// <summary>An entry as the host's kernel gives it (getdents64(2)).</summary>
/// <param name="inode">d_ino.</param>
/// <param name="next">d_off: where the entry behind it is.</param>
/// <param name="type">d_type.</param>
/// <param name="name">With a zero at its end.</param>
/// <param name="recordBytes">d_reclen.</param>
internal readonly ref struct DirectoryEntry(ulong inode, long next, byte type, ReadOnlySpan<byte> name, int recordBytes)
{
    public ulong Inode { get; } = inode;

    public long Next { get; } = next;

    public byte Type { get; } = type;

    public ReadOnlySpan<byte> Name { get; } = name;

    public int RecordBytes { get; } = recordBytes;
}
