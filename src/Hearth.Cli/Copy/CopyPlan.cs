using Hearth.Core.Errors;

namespace Hearth.Cli.Copy;

/// <summary>Where a copy goes.</summary>
/// <param name="Directory">An existing directory of the destination's side.</param>
/// <param name="Name">What the copied file or directory is called there; null spreads a directory's content over <paramref name="Directory"/>.</param>
internal readonly record struct CopyPlan(string Directory, string? Name)
{
    /// <summary>The rules of <c>docker cp</c>.</summary>
    /// <exception cref="HearthException"><c>copy.refused</c>, with the rule that forbids it.</exception>
    public static CopyPlan Decide(CopySource source, CopyTarget target)
    {
        if (target is { Exists: true, IsDirectory: true })
        {
            return new CopyPlan(target.Path.Bare, source is { IsDirectory: true, ContentsOnly: true } ? null : source.Name);
        }

        string path = target.Path.Path;
        if (target.Exists)
        {
            return source.IsDirectory || target.Path.HasTrailingSlash || target.Path.ContentsOnly
                ? throw Refused($"{path} is not a directory.", source.IsDirectory ? "A directory cannot be copied over a file." : "Leave out the slash at the end.")
                : Sibling(target);
        }

        if (!target.ParentIsDirectory)
        {
            throw Refused($"The directory of {path} does not exist.", "Create it first.");
        }

        return !source.IsDirectory && (target.Path.HasTrailingSlash || target.Path.ContentsOnly)
            ? throw Refused($"The directory {path} does not exist.", "Create it first, or leave out the slash to copy to a file of that name.")
            : Sibling(target);
    }

    private static CopyPlan Sibling(CopyTarget target) => new(target.Parent, Path.GetFileName(target.Path.Bare));

    private static HearthException Refused(string message, string hint) => new("copy.refused", message, hint, 1);
}
