using System.Globalization;
using Hearth.Core.Errors;
using Hearth.Core.Units;

namespace Hearth.Cli.Listing;

/// <summary>
/// The times that <c>--since</c> and <c>--until</c> take: RFC 3339 in whole or in part (<c>2024-05-01</c>,
/// <c>2024-05-01T10:00</c>, local time without a zone), seconds since 1970 with or without a fraction, or a duration before
/// now (<c>10m</c>, <c>1h30m</c>).
/// </summary>
internal static class TimeBound
{
    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd", "yyyy-MM-ddzzz", "yyyy-MM-ddTHH", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mmzzz", "yyyy-MM-ddTHH:mm:ss",
        "yyyy-MM-ddTHH:mm:ss.FFFFFFF", "yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz",
    ];

    /// <param name="option">The option, for the message.</param>
    /// <param name="text">What was given; null or empty is no bound.</param>
    /// <param name="time">Now, and the local zone.</param>
    /// <exception cref="HearthException"><c>time.invalid</c>.</exception>
    public static DateTimeOffset? Parse(string option, string? text, TimeProvider time)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return TryParse(text, time, out DateTimeOffset moment)
            ? moment
            : throw new HearthException(
                "time.invalid",
                $"{option} {text}: not a time.",
                "Write 2024-05-01T10:00:00Z, seconds since 1970, or how long ago: 10m, 1h30m.",
                ExitCodes.Usage);
    }

    public static bool TryParse(string text, TimeProvider time, out DateTimeOffset moment)
    {
        moment = default;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds))
        {
            if (seconds >= 253402300800m)
            {
                return false;
            }

            moment = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
            return true;
        }

        if (Durations.TryParse(text, out TimeSpan ago))
        {
            DateTimeOffset now = time.GetUtcNow();
            moment = ago < now - DateTimeOffset.MinValue ? now - ago : DateTimeOffset.MinValue;
            return true;
        }

        return TryParseDate(text, time, out moment);
    }

    private static bool TryParseDate(string text, TimeProvider time, out DateTimeOffset moment)
    {
        moment = default;
        string plain = text.EndsWith('Z') || text.EndsWith('z') ? text[..^1] + "+00:00" : text;
        plain = TrimFraction(plain);
        if (!DateTimeOffset.TryParseExact(plain, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset parsed))
        {
            return false;
        }

        bool hasZone = plain.Length > 10 && plain.AsSpan(10).IndexOfAny('+', '-') >= 0;
        if (hasZone)
        {
            moment = parsed.ToUniversalTime();
            return true;
        }

        DateTime wall = DateTime.SpecifyKind(parsed.DateTime, DateTimeKind.Unspecified);
        long utcTicks = wall.Ticks - time.LocalTimeZone.GetUtcOffset(wall).Ticks;
        bool fits = utcTicks >= 0 && utcTicks <= DateTime.MaxValue.Ticks;
        moment = fits ? new DateTimeOffset(utcTicks, TimeSpan.Zero) : default;
        return fits;
    }

    /// <summary>Docker prints nanoseconds; a tick is a hundred of them.</summary>
    private static string TrimFraction(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        int end = point + 1;
        while (point >= 0 && end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return point >= 0 && end - point > 8 ? text[..(point + 8)] + text[end..] : text;
    }
}
