using System.Buffers.Binary;

namespace Hearth.Linux.Files;

/// <summary>What files take on the disk: a sparse file's length says nothing of it.</summary>
public static class AllocatedSize
{
    private const int BlockBytes = 512;
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint StatxBlocks = 0x400; // STATX_BLOCKS

    /// <summary>struct statx has 256 bytes on every architecture (include/uapi/linux/stat.h).</summary>
    private const int StatxBytes = 256;

    /// <summary>Offset of stx_blocks, a u64 that counts units of 512 bytes.</summary>
    private const int BlocksOffset = 48;

    /// <summary>Bytes that the file has on disk; 0 when it cannot be looked at.</summary>
    public static unsafe long OfFile(string path)
    {
        byte* buffer = stackalloc byte[StatxBytes];

        // SAFETY: statx(2) fills at most StatxBytes of the buffer, which lives until this method returns.
        if (Libc.statx(Abi.Fcntl.AT_FDCWD, path, NoFollow, StatxBlocks, buffer) != 0)
        {
            return 0;
        }

        var bytes = new ReadOnlySpan<byte>(buffer, StatxBytes);
        return (long)BinaryPrimitives.ReadUInt64LittleEndian(bytes[BlocksOffset..]) * BlockBytes;
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
