using Hearth.Core.Errors;

namespace Hearth.Cli.Mounts;

/// <summary>A file or directory of the host as a user writes it.</summary>
internal static class HostPath
{
    /// <summary>Its absolute path: relative to the working directory, and with <c>~</c> for the home.</summary>
    /// <exception cref="HearthException"><c>mount.source</c>: there is nothing, or it may not be read.</exception>
    public static string Require(string text, string flag)
    {
        string path = text is "~" || text.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + text[1..]
            : text;
        if (path.Length == 0)
        {
            throw new HearthException("mount.source", $"{flag}: the source is empty.", "Name a file or directory of the host.");
        }

        string full = Path.GetFullPath(path);
        full = full.Length > 1 ? full.TrimEnd('/') : full;
        if (Directory.Exists(full))
        {
            RequireReadable(full, flag, static directory => Directory.EnumerateFileSystemEntries(directory).GetEnumerator().Dispose());
        }
        else if (File.Exists(full))
        {
            RequireReadable(full, flag, static file => File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete).Dispose());
        }
        else
        {
            throw new HearthException("mount.source", $"{flag}: {full} does not exist.", "Make it, or name another: nothing is made in its place.");
        }

        return full;
    }

    private static void RequireReadable(string path, string flag, Action<string> read)
    {
        try
        {
            read(path);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new HearthException("mount.source", $"{flag}: {path} cannot be read: {e.Message}", "Name one that you may read; what you may not, a container of yours may not either.", inner: e);
        }
    }
}
