namespace Hearth.Linux.Files;

/// <summary>One more name for a file (link(2)): its bytes stay until the last name is gone.</summary>
public static class HardLink
{
    /// <exception cref="ErrnoException">There is such a name already, or no such file.</exception>
    public static void Create(string file, string name)
    {
        if (Libc.link_path(file, name) != 0)
        {
            throw ErrnoException.FromLastError("link", name);
        }
    }
}
