using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Specs;

namespace Hearth.Cli.Run;

/// <summary><c>--ulimit name=soft[:hard]</c>.</summary>
internal static class Ulimits
{
    private static readonly HashSet<string> s_names = new(StringComparer.Ordinal)
    {
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
    };

    /// <exception cref="HearthException"><c>ulimit.invalid</c>.</exception>
    public static UlimitSpec Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? text : text[..equals];
        if (equals < 0 || !s_names.Contains(name))
        {
            throw Invalid(text, equals < 0 ? "there is no value" : $"there is no limit named '{name}'");
        }

        string[] values = text[(equals + 1)..].Split(':');
        if (values.Length > 2 || !TryParse(values[0], out long soft) | !TryParse(values[^1], out long hard))
        {
            throw Invalid(text, "a value is no number");
        }

        bool above = hard != -1 && (soft == -1 || soft > hard);
        return above ? throw Invalid(text, "the soft limit is above the hard one") : new UlimitSpec(name, soft, hard);
    }

    private static bool TryParse(string text, out long value)
    {
        if (text is "-1" or "unlimited")
        {
            value = -1;
            return true;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static HearthException Invalid(string text, string cause) => new(
        "ulimit.invalid", $"--ulimit {text}: {cause}.", $"Write NAME=SOFT[:HARD], NAME one of {string.Join(", ", s_names)}.");
}
