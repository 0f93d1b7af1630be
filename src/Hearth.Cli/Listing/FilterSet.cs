using System.Diagnostics.CodeAnalysis;
using Hearth.Core.Errors;

namespace Hearth.Cli.Listing;

/// <summary>
/// <c>--filter key=value</c>, as Docker reads it: values of one key are alternatives, keys must all match, and every label
/// given must be there.
/// </summary>
internal sealed class FilterSet
{
    private readonly Dictionary<string, List<string>> _values;

    private FilterSet(Dictionary<string, List<string>> values) => _values = values;

    /// <exception cref="HearthException"><c>filter.invalid</c>.</exception>
    public static FilterSet Parse(IReadOnlyList<string>? filters, params string[] keys)
    {
        Dictionary<string, List<string>> values = new(StringComparer.Ordinal);
        foreach (string filter in filters ?? [])
        {
            int equals = filter.IndexOf('=', StringComparison.Ordinal);
            string key = (equals < 0 ? filter : filter[..equals]).Trim().ToLowerInvariant();
            bool negated = key.EndsWith('!');
            if (equals <= 0 || !keys.Contains(key))
            {
                string cause = equals <= 0 ? "it is not KEY=VALUE" : $"there is no filter '{(negated ? key[..^1] : key)}' here";
                throw Invalid(filter, cause, $"Filters: {string.Join(", ", keys)}.");
            }

            if (!values.TryGetValue(key, out List<string>? list))
            {
                values[key] = list = [];
            }

            list.Add(filter[(equals + 1)..].Trim());
        }

        return new FilterSet(values);
    }

    public static HearthException Invalid(string filter, string cause, string? hint = null) =>
        new("filter.invalid", $"--filter {filter}: {cause}.", hint, ExitCodes.Usage);

    public bool Has(string key) => _values.ContainsKey(key);

    public bool TryGet(string key, [NotNullWhen(true)] out IReadOnlyList<string>? values)
    {
        bool found = _values.TryGetValue(key, out List<string>? list);
        values = list;
        return found;
    }

    /// <summary>Whether one of the key's values fits; true when the key was not given.</summary>
    public bool Matches(string key, Func<string, bool> fits) => !_values.TryGetValue(key, out List<string>? values) || values.Any(fits);

    /// <summary>Whether all of <c>label</c> (<c>KEY</c> or <c>KEY=VALUE</c>) are there and none of <c>label!</c> is.</summary>
    public bool MatchesLabels(IReadOnlyDictionary<string, string> labels)
    {
        bool all = !_values.TryGetValue("label", out List<string>? wanted) || wanted.All(label => HasLabel(labels, label));
        bool none = !_values.TryGetValue("label!", out List<string>? unwanted) || !unwanted.Any(label => HasLabel(labels, label));
        return all && none;
    }

    private static bool HasLabel(IReadOnlyDictionary<string, string> labels, string label)
    {
        int equals = label.IndexOf('=', StringComparison.Ordinal);
        string key = equals < 0 ? label : label[..equals];
        return labels.TryGetValue(key, out string? value) && (equals < 0 || value == label[(equals + 1)..]);
    }
}
