namespace Hearth.Cli.Copy;

/// <summary>What is at the destination.</summary>
/// <param name="Path">As written.</param>
/// <param name="Exists">Something is there; a link counts as what it points to.</param>
/// <param name="IsDirectory">It is a directory.</param>
/// <param name="ParentIsDirectory">The directory that it is or would be in exists.</param>
internal readonly record struct CopyTarget(CopyPath Path, bool Exists, bool IsDirectory, bool ParentIsDirectory)
{
    /// <summary>The directory that it is or would be in.</summary>
    public string Parent => ParentOf(Path.Bare, Path.Vm is null ? "." : "/");

    public static string ParentOf(string path, string none) => System.IO.Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : path.StartsWith('/') ? "/" : none;
}
