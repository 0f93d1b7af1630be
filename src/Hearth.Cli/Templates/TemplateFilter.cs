using Hearth.Cli.Listing;
using Hearth.Engine.Templates;

namespace Hearth.Cli.Templates;

/// <summary>The filters of <c>template ls</c>.</summary>
internal sealed class TemplateFilter
{
    private readonly FilterSet _filters;
    private readonly DateTimeOffset? _until;

    /// <exception cref="Core.Errors.HearthException"><c>filter.invalid</c>, <c>time.invalid</c>.</exception>
    public TemplateFilter(IReadOnlyList<string>? filters, TimeProvider time)
    {
        _filters = FilterSet.Parse(filters, "image", "kernel", "until");
        _until = _filters.TryGet("until", out IReadOnlyList<string>? bounds) ? bounds.Select(bound => TimeBound.Parse("--filter until", bound, time)).Min() : null;
    }

    /// <param name="entry">A template.</param>
    /// <param name="kernel">Its kernel's name.</param>
    public bool Matches(TemplateEntry entry, string kernel) =>
        _filters.Matches("image", image => TemplateStore.IsOf(entry.State.Manifest, image))
        && _filters.Matches("kernel", word => kernel == word || (word.Length >= 4 && entry.State.Manifest.Kernel.StartsWith(word, StringComparison.Ordinal)))
        && (_until is null || entry.LastUsed < _until);
}
