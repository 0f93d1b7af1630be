using System.CommandLine;

namespace Hearth.Cli.Listing;

/// <summary>The options that listings share, each made anew for its command.</summary>
internal static class ListingOptions
{
    public static Option<string?> Format() => new("--format") { Description = "table, json, a Go template, or 'table TEMPLATE'" };

    public static Option<string?> InspectFormat() => new("--format", "-f") { Description = "A Go template, or json for one line" };

    public static Option<bool> Quiet(string what = "Only ids") => new("--quiet", "-q") { Description = what };

    public static Option<bool> NoTruncation() => new("--no-trunc") { Description = "Do not shorten ids and commands" };

    public static Option<string[]> Filter(string keys, bool hasShortName = true) =>
        new("--filter", hasShortName ? ["-f"] : []) { Description = $"KEY=VALUE, more than once: {keys}" };

    public static Argument<string[]> Names(string name, string description, bool required = true) =>
        new(name) { Description = description, Arity = required ? ArgumentArity.OneOrMore : ArgumentArity.ZeroOrMore };
}
