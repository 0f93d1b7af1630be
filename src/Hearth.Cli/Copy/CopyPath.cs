namespace Hearth.Cli.Copy;

/// <summary>
/// One side of <c>cp</c>: <c>VM:PATH</c>, a path on the host, or <c>-</c>. As in Docker, a path that begins with <c>/</c> or
/// <c>.</c> is the host's, whatever colons it has.
/// </summary>
/// <param name="Vm">Null on the host.</param>
/// <param name="Path">As written.</param>
internal sealed record CopyPath(string? Vm, string Path)
{
    /// <summary>Standard input or output as a tar archive.</summary>
    public bool IsStream => Vm is null && Path == "-";

    /// <summary>The path says that it is a directory.</summary>
    public bool HasTrailingSlash => Path.EndsWith('/');

    /// <summary><c>DIR/.</c>: what is in the directory, not the directory.</summary>
    public bool ContentsOnly => Path is "." || Path.EndsWith("/.", StringComparison.Ordinal);

    /// <summary>The path without the endings that only say what it is.</summary>
    public string Bare
    {
        get
        {
            string path = Path;
            while (path.EndsWith("/.", StringComparison.Ordinal) || (path.Length > 1 && path.EndsWith('/')))
            {
                path = path[..^1];
            }

            return path.Length > 1 ? path.TrimEnd('/') is { Length: > 0 } bare ? bare : "/" : path;
        }
    }

    public static CopyPath Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        bool onHost = text == "-" || colon <= 0 || text[0] is '/' or '.';
        return onHost ? new CopyPath(null, text) : new CopyPath(text[..colon], text[(colon + 1)..] is { Length: > 0 } path ? path : "/");
    }
}
