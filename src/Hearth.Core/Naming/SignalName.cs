using System.Globalization;

namespace Hearth.Core.Naming;

/// <summary>Signals by name or number (signal(7), x86-64 and arm64 numbers).</summary>
public static class SignalName
{
    public const int Kill = 9;
    public const int Term = 15;

    private const int RealTimeFirst = 34;
    private const int RealTimeLast = 64;

    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>Reads <c>SIGTERM</c>, <c>term</c>, <c>15</c>, <c>RTMIN+3</c>.</summary>
    public static bool TryParse(string? text, out int number)
    {
        number = 0;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return number is >= 1 and <= RealTimeLast;
        }

        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        number = Array.IndexOf(s_names, name, 1);
        return number > 0 || TryParseRealTime(name, out number);
    }

    /// <summary><c>SIGTERM</c>; a number without a name as <c>SIG40</c>.</summary>
    public static string Of(int number) => "SIG" + (number > 0 && number < s_names.Length ? s_names[number] : number.ToString(CultureInfo.InvariantCulture));

    private static bool TryParseRealTime(string name, out int number)
    {
        int start = name.StartsWith("RTMIN", StringComparison.Ordinal) ? RealTimeFirst : name.StartsWith("RTMAX", StringComparison.Ordinal) ? RealTimeLast : 0;
        number = start;
        return start != 0
            && (name.Length == 5 || (int.TryParse(name.AsSpan(5), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int offset) && (number += offset) > 0))
            && number is >= RealTimeFirst and <= RealTimeLast;
    }
}
