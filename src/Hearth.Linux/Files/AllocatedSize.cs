using System.Buffers.Binary;

namespace Hearth.Linux.Files;

/// <summary>What files take on the disk: a sparse file's length says nothing of it.</summary>
public static class AllocatedSize
{
    private const int BlockBytes = 512;

    /// <summary>Bytes that the file has on disk; 0 when it cannot be looked at.</summary>
    public static unsafe long OfFile(string path)
    {
        byte* buffer = stackalloc byte[Libc.StatxBytes];

        // SAFETY: statx(2) fills at most StatxBytes of the buffer, which lives until this method returns.
        if (Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BLOCKS, buffer) != 0)
        {
            return 0;
        }

        var bytes = new ReadOnlySpan<byte>(buffer, Libc.StatxBytes);
        return (long)BinaryPrimitives.ReadUInt64LittleEndian(bytes[Libc.StatxBlocksOffset..]) * BlockBytes;
    }

    /// <summary>Bytes of all files below a directory; what vanishes meanwhile does not count.</summary>
    public static long OfTree(string directory)
    {
        EnumerationOptions options = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        try
        {
            return Directory.EnumerateFiles(directory, "*", options).Sum(OfFile);
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }
}
