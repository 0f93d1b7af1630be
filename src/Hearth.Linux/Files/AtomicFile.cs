namespace Hearth.Linux.Files;

/// <summary>Files that are either the old or the new, at any moment and after any crash: written beside, synced, renamed.</summary>
public static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Replaces a file's content, mode 0600.</summary>
    /// <param name="durable">Wait until the bytes are on the disk (fsync). State of a process that dies with the machine need not.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, bool durable = true)
    {
        string beside = $"{path}.{Guid.NewGuid():N}";
        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 };
            using (FileStream file = new(beside, options))
            {
                file.Write(content);
                if (durable)
                {
                    file.Flush(flushToDisk: true);
                }
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }
}
