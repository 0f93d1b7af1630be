using System.Text.Json.Nodes;

namespace Hearth.Cli.Output;

/// <summary>One thing in a listing.</summary>
/// <param name="Quiet">What <c>-q</c> prints.</param>
/// <param name="Fields">A value for every column.</param>
/// <param name="Labels">What <c>{{.Label "key"}}</c> answers.</param>
internal sealed record ListingRow(string Quiet, JsonObject Fields, IReadOnlyDictionary<string, string>? Labels = null)
{
    public string Label(string key) => Labels?.GetValueOrDefault(key) ?? "";
}
