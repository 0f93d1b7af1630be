using System.Globalization;

namespace Hearth.Bench.Measurement;

/// <summary>Numbers for people: three significant digits, no exponents.</summary>
internal static class Numbers
{
    public static string Format(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
