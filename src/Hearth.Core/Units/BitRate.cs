using System.Globalization;

namespace Hearth.Core.Units;

/// <summary>A data rate in bits per second, written as networks are: <c>100M</c>, <c>2.5G</c>, <c>512k</c>, <c>100Mbit</c>; powers of 1000.</summary>
public readonly record struct BitRate(long BitsPerSecond)
{
    private const string Suffixes = "kMGT";

    public static bool TryParse(string? text, out BitRate rate)
    {
        rate = default;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        rest = rest.EndsWith("bit", StringComparison.OrdinalIgnoreCase) ? rest[..^3].TrimEnd() : rest;
        decimal unit = 1;
        if (rest.Length > 0 && Suffixes.IndexOf(rest[^1].ToString(), StringComparison.OrdinalIgnoreCase) is >= 0 and int power)
        {
            rest = rest[..^1].TrimEnd();
            for (int i = 0; i <= power; i++)
            {
                unit *= 1000;
            }
        }

        if (!decimal.TryParse(rest, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) || number > long.MaxValue / unit)
        {
            return false;
        }

        rate = new BitRate((long)(number * unit));
        return true;
    }

    public override string ToString()
    {
        decimal number = BitsPerSecond;
        string suffix = "";
        for (int i = 0; i < Suffixes.Length && number >= 1000; i++)
        {
            number /= 1000;
            suffix = Suffixes[i..(i + 1)];
        }

        return string.Create(CultureInfo.InvariantCulture, $"{number:0.###}{suffix}");
    }
}
