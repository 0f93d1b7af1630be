using System.Globalization;

namespace Hearth.Core.Units;

/// <summary>Durations as Go and Docker write them: <c>10s</c>, <c>1m30s</c>, <c>1.5h</c>, <c>200ms</c>; a bare number is seconds.</summary>
public static class Durations
{
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double plain))
        {
            return TryFromSeconds(plain, out duration);
        }

        double total = 0;
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }

            if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            int unitStart = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                at++;
            }

            double seconds = text[unitStart..at] switch { "ms" => 0.001, "s" => 1, "m" => 60, "h" => 3600, "d" => 86400, _ => double.NaN };
            if (double.IsNaN(seconds))
            {
                return false;
            }

            total += number * seconds;
        }

        return TryFromSeconds(total, out duration);
    }

    /// <summary>The largest unit, as <c>docker ps</c> prints ages: <c>Less than a second</c>, <c>5 seconds</c>, <c>About a minute</c>, <c>3 hours</c>.</summary>
    public static string Humanize(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "Less than a second",
        { TotalSeconds: < 2 } => "1 second",
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} seconds",
        { TotalMinutes: < 2 } => "About a minute",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} minutes",
        { TotalHours: < 2 } => "About an hour",
        { TotalHours: < 48 } => $"{(int)span.TotalHours} hours",
        { TotalDays: < 14 } => $"{(int)span.TotalDays} days",
        { TotalDays: < 60 } => $"{(int)(span.TotalDays / 7)} weeks",
        { TotalDays: < 730 } => $"{(int)(span.TotalDays / 30)} months",
        _ => $"{(int)(span.TotalDays / 365)} years",
    };

    /// <summary>As Go writes them: <c>1m30s</c>, <c>1.5s</c>, <c>200ms</c>; <see cref="TryParse"/> reads it back.</summary>
    public static string Write(TimeSpan span)
    {
        if (span < TimeSpan.FromSeconds(1))
        {
            return span == TimeSpan.Zero ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.####}ms");
        }

        string hours = span >= TimeSpan.FromHours(1) ? string.Create(CultureInfo.InvariantCulture, $"{(long)span.TotalHours}h") : "";
        string minutes = span >= TimeSpan.FromMinutes(1) ? string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}m") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{hours}{minutes}{span.TotalSeconds % 60:0.#######}s");
    }

    private static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        bool fits = seconds is >= 0 and < 1e10;
        duration = fits ? TimeSpan.FromSeconds(seconds) : default;
        return fits;
    }
}
