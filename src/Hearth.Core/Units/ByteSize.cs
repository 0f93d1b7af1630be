using System.Globalization;

namespace Hearth.Core.Units;

/// <summary>A size in bytes, written as Docker writes memory sizes: <c>512</c>, <c>512k</c>, <c>64M</c>, <c>1.5g</c>, <c>2GiB</c>; powers of 1024.</summary>
public readonly record struct ByteSize(long Bytes) : IComparable<ByteSize>
{
    private const string Suffixes = "BKMGTP";

    public static ByteSize FromMebibytes(long mebibytes) => new(mebibytes << 20);

    public long Mebibytes => Bytes >> 20;

    public static bool TryParse(string? text, out ByteSize size)
    {
        size = default;
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        int digits = 0;
        while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
        {
            digits++;
        }

        if (!decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return false;
        }

        ReadOnlySpan<char> suffix = rest[digits..].Trim();
        int power = 0;
        if (suffix.Length > 0)
        {
            power = Suffixes.IndexOf(char.ToUpperInvariant(suffix[0]), StringComparison.Ordinal);
            bool tail = suffix.Length == 1
                || (power > 0 && (suffix[1..].Equals("b", StringComparison.OrdinalIgnoreCase) || suffix[1..].Equals("ib", StringComparison.OrdinalIgnoreCase)));
            if (power < 0 || !tail)
            {
                return false;
            }
        }

        for (int i = 0; i < power; i++)
        {
            if (number > long.MaxValue / 1024)
            {
                return false;
            }

            number *= 1024;
        }

        if (number > long.MaxValue)
        {
            return false;
        }

        size = new ByteSize((long)number);
        return true;
    }

    public int CompareTo(ByteSize other) => Bytes.CompareTo(other.Bytes);

    /// <summary>Three significant figures and a decimal unit as Docker prints image sizes (<c>4.26MB</c>).</summary>
    public string ToDecimalString() => Format(Bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);

    /// <summary>Four significant figures and a binary unit as <c>docker stats</c> prints memory (<c>1.5MiB</c>).</summary>
    public override string ToString() => Format(Bytes, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]);

    public static bool operator <(ByteSize left, ByteSize right) => left.Bytes < right.Bytes;

    public static bool operator >(ByteSize left, ByteSize right) => left.Bytes > right.Bytes;

    public static bool operator <=(ByteSize left, ByteSize right) => left.Bytes <= right.Bytes;

    public static bool operator >=(ByteSize left, ByteSize right) => left.Bytes >= right.Bytes;

    private static string Format(long bytes, int step, string[] units)
    {
        double value = bytes;
        int unit = 0;
        while (value >= step && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }

        string format = value >= 100 || unit == 0 ? "0" : value >= 10 ? "0.#" : "0.##";
        return value.ToString(format, CultureInfo.InvariantCulture) + units[unit];
    }
}
