using System.Globalization;
using Hearth.Core.Errors;

namespace Hearth.Cli.Run;

/// <summary>Signals by name or number (signal(7), the numbers of x86-64 and arm64).</summary>
internal static class Signals
{
    private const int MostReal = 64;
    private const int FirstReal = 34;

    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>The one spelling that goes into specs and requests: <c>SIGTERM</c>; real-time signals stay as <c>SIGRTMIN+3</c>'s number.</summary>
    /// <exception cref="HearthException"><c>signal.unknown</c>.</exception>
    public static string Require(string text)
    {
        int number = NumberOf(text);
        return number switch
        {
            > 0 when number < s_names.Length => "SIG" + s_names[number],
            >= FirstReal and <= MostReal => number.ToString(CultureInfo.InvariantCulture),
            _ => throw new HearthException("signal.unknown", $"Unknown signal: {text}", "Use a name such as SIGTERM or HUP, or a number from 1 to 64."),
        };
    }

    private static int NumberOf(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number;
        }

        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        name = name switch { "CLD" => "CHLD", "IOT" => "ABRT", "POLL" => "IO", _ => name };
        if (name.StartsWith("RTMIN", StringComparison.Ordinal))
        {
            return RealTime(name["RTMIN".Length..], FirstReal, '+');
        }

        if (name.StartsWith("RTMAX", StringComparison.Ordinal))
        {
            return RealTime(name["RTMAX".Length..], MostReal, '-');
        }

        return name.Length == 0 ? 0 : Array.IndexOf(s_names, name);
    }

    private static int RealTime(string offset, int from, char sign)
    {
        if (offset.Length == 0)
        {
            return from;
        }

        bool valid = offset[0] == sign & int.TryParse(offset.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int distance)
            && distance <= MostReal - FirstReal;
        return !valid ? 0 : sign == '+' ? from + distance : from - distance;
    }
}
