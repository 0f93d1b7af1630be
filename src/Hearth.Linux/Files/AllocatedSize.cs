namespace Hearth.Linux.Files;

/// <summary>What files take on the disk: a sparse file's length says nothing of it.</summary>
public static class AllocatedSize
{
    /// <summary>Bytes that the file has on disk; 0 when it cannot be looked at.</summary>
    public static long OfFile(string path) => FileStatus.TryRead(path, follow: false, out FileStatus status) ? status.AllocatedBytes : 0;

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
