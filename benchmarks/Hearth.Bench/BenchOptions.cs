using System.Globalization;
using Hearth.Bench.Measurement;

namespace Hearth.Bench;

/// <summary>The command line.</summary>
/// <param name="Sections">Which to run; empty is all.</param>
/// <param name="SoakBoots">Boots of the soak.</param>
/// <param name="Clones">Clones that are weighed.</param>
/// <param name="Output">Where the report goes; null where it was not said.</param>
/// <param name="ShowHelp">Only show the usage.</param>
internal sealed record BenchOptions(IReadOnlyList<string> Sections, int SoakBoots, int Clones, string? Output, bool ShowHelp)
{
    private const int DefaultSoakBoots = 40;
    private const int DefaultClones = 50;

    /// <exception cref="BenchException">A word that is no option, section or number.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> arguments, IReadOnlyList<string> known)
    {
        BenchOptions options = new([], DefaultSoakBoots, DefaultClones, null, false);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            options = argument switch
            {
                "-h" or "--help" => options with { ShowHelp = true },
                "--boots" => options with { SoakBoots = Number(Next(ref i), "boots") },
                "--clones" => options with { Clones = Number(Next(ref i), "clones") },
                "--output" => options with { Output = Next(ref i) },
                _ when known.Contains(argument) => options with { Sections = [.. options.Sections, argument] },
                _ => throw new BenchException($"There is no section or option '{argument}'; the sections are {string.Join(", ", known)}."),
            };
        }

        return options;

        string Next(ref int at) => ++at < arguments.Count ? arguments[at] : throw new BenchException($"{arguments[at - 1]} needs a value.");
    }

    private static int Number(string text, string what) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
        ? value
        : throw new BenchException($"'{text}' is not a number of {what}.");
}
