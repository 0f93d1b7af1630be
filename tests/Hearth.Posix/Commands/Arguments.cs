using System.Globalization;

namespace Hearth.Posix.Commands;

/// <summary>The arguments of the program.</summary>
internal sealed record Arguments
{
    private static readonly string[] s_modes = ["--list", "--worker", "--prepare-read-only", "--read-only"];

    public string Mode { get; private init; } = "";

    /// <summary>Where to run; empty for what needs none.</summary>
    public string Directory { get; private init; } = "";

    public IReadOnlyList<string> Only { get; private init; } = [];

    public bool? UserTests { get; private init; }

    /// <summary>Cases to skip, by "area/case", with the reason.</summary>
    public IReadOnlyDictionary<string, string> Known { get; private init; } = new Dictionary<string, string>();

    public bool Times { get; private init; }

    public TimeSpan Duration { get; private init; }

    public int Seed { get; private init; } = 1;

    public int Threads { get; private init; } = 64;

    /// <exception cref="FormatException">They make no sense.</exception>
    public static Arguments Parse(string[] arguments)
    {
        Arguments parsed = new();
        for (int i = 0; i < arguments.Length; i++)
        {
            string word = arguments[i];
            parsed = word switch
            {
                "--random" or "--stress" => parsed with { Mode = word, Duration = TimeSpan.FromSeconds(Number(arguments, ref i)) },
                "--only" => parsed with { Only = [.. parsed.Only, Value(arguments, ref i)] },
                "--known" => parsed with { Known = ReadKnown(Value(arguments, ref i)) },
                "--seed" => parsed with { Seed = Number(arguments, ref i) },
                "--threads" => parsed with { Threads = Number(arguments, ref i) },
                "--user-tests" => parsed with { UserTests = true },
                "--no-user-tests" => parsed with { UserTests = false },
                "--times" => parsed with { Times = true },
                _ when s_modes.Contains(word) => parsed with { Mode = word },
                _ when word.StartsWith('-') => throw new FormatException($"unknown option '{word}'"),
                _ when parsed.Directory.Length > 0 => throw new FormatException($"a second directory, '{word}'"),
                _ => parsed with { Directory = word },
            };
        }
        if (parsed.Directory.Length == 0 && parsed.Mode is not ("--list" or "--worker"))
        {
            throw new FormatException("which directory?");
        }
        return parsed;
    }

    /// <summary>A file of lines "area/case: reason"; a case has no colon but after the type or the kind of lock, so the last ": " counts.</summary>
    private static Dictionary<string, string> ReadKnown(string path) =>
        File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').ToDictionary(
            line => line.LastIndexOf(": ", StringComparison.Ordinal) is > 0 and var colon ? line[..colon] : throw new FormatException($"{path}: no reason in '{line}'"),
            line => line[(line.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);

    private static string Value(string[] arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value");

    private static int Number(string[] arguments, ref int i) =>
        int.TryParse(Value(arguments, ref i), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"'{arguments[i]}' is no number");
}
