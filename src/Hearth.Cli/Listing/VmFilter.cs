using System.Globalization;
using System.Text.RegularExpressions;
using Hearth.Core.Specs;
using Hearth.Engine.Store;

namespace Hearth.Cli.Listing;

/// <summary>The filters of <c>ps</c>.</summary>
internal sealed class VmFilter
{
    private static readonly string[] s_statuses = ["created", "starting", "restarting", "running", "stopping", "paused", "suspended", "exited", "removing", "dead"];
    private static readonly string[] s_healths = ["starting", "healthy", "unhealthy", "none", "unknown"];

    private readonly FilterSet _filters;
    private readonly IReadOnlyList<VmModel> _all;
    private readonly List<Regex> _names;

    /// <exception cref="Core.Errors.HearthException"><c>filter.invalid</c>, or a VM of <c>before</c> or <c>since</c> is not there.</exception>
    public VmFilter(IReadOnlyList<string>? filters, IReadOnlyList<VmModel> all)
    {
        _filters = FilterSet.Parse(filters, "status", "name", "id", "label", "ancestor", "exited", "health", "before", "since");
        _all = all;
        RequireWords("status", s_statuses);
        RequireWords("health", s_healths);
        foreach (string code in Values("exited").Where(static code => !int.TryParse(code, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)))
        {
            throw FilterSet.Invalid($"exited={code}", "an exit code is a number");
        }

        _names = [.. Values("name").Select(NamePattern)];
    }

    /// <summary>Filters that ask for VMs that have ended look at all of them, as <c>-a</c> does.</summary>
    public bool WantsAll => _filters.Has("status") || _filters.Has("exited");

    public bool Matches(VmModel vm) =>
        _filters.Matches("status", status => Words.Of(vm.State.Status) == status)
        && (_names.Count == 0 || _names.Exists(pattern => pattern.IsMatch(vm.Name)))
        && _filters.Matches("id", id => vm.Id.StartsWith(id, StringComparison.Ordinal))
        && _filters.MatchesLabels(vm.Spec.Labels)
        && _filters.Matches("ancestor", image => IsImage(vm.Spec, image))
        && _filters.Matches("exited", code => vm.State.Status == VmStatus.Exited && vm.State.ExitCode == int.Parse(code, CultureInfo.InvariantCulture))
        && _filters.Matches("health", health => Words.Of(vm.State.Health?.Status ?? Core.Specs.HealthStatus.Unknown) == (health == "none" ? "unknown" : health))
        && _filters.Matches("before", other => vm.Spec.Created < Find("before", other).Spec.Created)
        && _filters.Matches("since", other => vm.Spec.Created > Find("since", other).Spec.Created);

    private static bool IsImage(VmSpec spec, string image)
    {
        string hex = image.StartsWith("sha256:", StringComparison.Ordinal) ? image["sha256:".Length..] : image;
        bool isId = hex.Length >= 4 && spec.ImageId.StartsWith("sha256:" + hex, StringComparison.Ordinal);
        return isId || spec.Image == image || WithTag(spec.Image) == WithTag(image);
    }

    private static string WithTag(string image) =>
        image.IndexOf(':', image.LastIndexOf('/') + 1) < 0 && !image.Contains('@', StringComparison.Ordinal) ? image + ":latest" : image;

    private static Regex NamePattern(string pattern)
    {
        try
        {
            // Docker's names begin with a slash, so people write ^/name$. Patterns are the user's own: no back-tracking, no hang.
            string plain = pattern.Replace("^/", "^", StringComparison.Ordinal).TrimStart('/');
            return new Regex(plain, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw FilterSet.Invalid($"name={pattern}", $"not a regular expression: {e.Message.TrimEnd('.')}");
        }
    }

    private IReadOnlyList<string> Values(string key) => _filters.TryGet(key, out IReadOnlyList<string>? values) ? values : [];

    private void RequireWords(string key, string[] words)
    {
        foreach (string value in Values(key).Where(value => !words.Contains(value)))
        {
            throw FilterSet.Invalid($"{key}={value}", $"'{value}' is no {key}", $"One of {string.Join(", ", words)}.");
        }
    }

    private VmModel Find(string key, string nameOrId) =>
        _all.FirstOrDefault(vm => vm.Name == nameOrId)
        ?? _all.FirstOrDefault(vm => vm.Id.StartsWith(nameOrId, StringComparison.Ordinal))
        ?? throw FilterSet.Invalid($"{key}={nameOrId}", "there is no such VM", "'hearth ps -a' lists them.");
}
