namespace Hearth.Linux.Files;

/// <summary>Who a file belongs to (chown(2)).</summary>
public static class FileOwner
{
    /// <summary>Changes the group and leaves the user.</summary>
    /// <exception cref="ErrnoException">Only root may, for a group that it is not in.</exception>
    public static void SetGroup(string path, uint group)
    {
        const uint Unchanged = uint.MaxValue;
        if (Libc.chown(path, Unchanged, group) != 0)
        {
            throw ErrnoException.FromLastError("chown", path);
        }
    }
}
