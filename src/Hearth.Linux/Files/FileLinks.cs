namespace Hearth.Linux.Files;

/// <summary>File operations that act on a name itself and that the runtime lacks.</summary>
public static class FileLinks
{
    /// <summary>Gives an existing file one more name; symbolic links are not followed (link(2)).</summary>
    /// <exception cref="ErrnoException">The call failed.</exception>
    public static void CreateHardLink(string existing, string name)
    {
        if (Libc.link(existing, name) != 0)
        {
            throw ErrnoException.FromLastError("link", name);
        }
    }

    /// <summary>Changes the owner of a file, or of a symbolic link itself (lchown(2)).</summary>
    /// <exception cref="ErrnoException">The call failed.</exception>
    public static void ChangeOwner(string path, int user, int group)
    {
        if (Libc.lchown(path, (uint)user, (uint)group) != 0)
        {
            throw ErrnoException.FromLastError("lchown", path);
        }
    }
}
