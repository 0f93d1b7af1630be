using System.IO.Enumeration;
using Hearth.Cli.Listing;
using Hearth.Images.Store;

namespace Hearth.Cli.ImageCommands;

/// <summary>The filters of <c>images</c>.</summary>
internal sealed class ImageFilter
{
    private readonly FilterSet _filters;
    private readonly DateTimeOffset? _before;
    private readonly DateTimeOffset? _since;

    /// <param name="filters"><c>key=value</c>.</param>
    /// <param name="reference">The argument of <c>images</c>: one more reference filter; null for none.</param>
    /// <param name="find">The image that <c>before</c> or <c>since</c> name.</param>
    /// <exception cref="Core.Errors.HearthException"><c>filter.invalid</c>, or what <paramref name="find"/> throws.</exception>
    public ImageFilter(IReadOnlyList<string>? filters, string? reference, Func<string, ImageRecord> find)
    {
        string[] given = [.. filters ?? [], .. reference is null ? Array.Empty<string>() : [$"reference={reference}"]];
        _filters = FilterSet.Parse(given, "reference", "dangling", "label", "before", "since");
        if (_filters.TryGet("dangling", out IReadOnlyList<string>? words) && words.FirstOrDefault(static w => !bool.TryParse(w, out _)) is { } wrong)
        {
            throw FilterSet.Invalid($"dangling={wrong}", "it is true or false");
        }

        _before = _filters.TryGet("before", out IReadOnlyList<string>? before) ? before.Select(name => find(name).Created).Min() : null;
        _since = _filters.TryGet("since", out IReadOnlyList<string>? since) ? since.Select(name => find(name).Created).Max() : null;
    }

    /// <summary>The image with the names that fit; null when it does not.</summary>
    public ImageRecord? Select(ImageRecord image)
    {
        bool fits = _filters.MatchesLabels(image.Config.Labels)
            && _filters.Matches("dangling", word => bool.Parse(word) == (image.RepoTags.Count == 0))
            && (!_filters.Has("before") || image.Created < _before)
            && (!_filters.Has("since") || image.Created > _since);
        if (!fits || !_filters.TryGet("reference", out IReadOnlyList<string>? patterns))
        {
            return fits ? image : null;
        }

        string[] names = [.. image.RepoTags.Where(name => patterns.Any(pattern => IsLike(name, pattern)))];
        return names.Length > 0 ? image with { RepoTags = names } : null;
    }

    /// <summary>As Docker: the pattern fits the whole name with or without its tag; <c>*</c> and <c>?</c> do not cross a slash.</summary>
    private static bool IsLike(string name, string pattern)
    {
        string repository = ImageRows.Split(name).Repository;
        return IsGlob(name, pattern) || IsGlob(repository, pattern);
    }

    private static bool IsGlob(string text, string pattern)
    {
        string[] parts = text.Split('/');
        string[] wanted = pattern.Split('/');
        return parts.Length == wanted.Length
            && parts.Zip(wanted).All(static pair => FileSystemName.MatchesSimpleExpression(pair.Second, pair.First, ignoreCase: false));
    }
}
